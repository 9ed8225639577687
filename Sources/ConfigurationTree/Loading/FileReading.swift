import Glibc

/// The few file operations that loading needs.
enum FileReading {
    /// Far more than any real configuration; guards against a wrong path.
    static let limit = 8 << 20

    static func exists(_ path: String) throws(ConfigurationError) -> Bool {
        var status = stat()
        if lstat(path, &status) == 0 { return true }
        guard errno == ENOENT else { throw ConfigurationError("it cannot be examined", errno: errno) }
        return false
    }

    /// Whether everybody on this machine may write a file or folder; false when there is none, or where nobody may write
    /// anything (a mounted image, a ConfigMap).
    static func isWritableByAnybody(_ path: String) -> Bool {
        var status = stat()
        var mount = statvfs()
        guard stat(path, &status) == 0, status.st_mode & S_IWOTH != 0, statvfs(path, &mount) == 0 else { return false }
        return mount.f_flag & UInt(ST_RDONLY) == 0
    }

    static func bytes(of path: String) throws(ConfigurationError) -> [UInt8] {
        // Not blocking, so that a FIFO is refused below instead of waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ConfigurationError("the file cannot be opened", errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ConfigurationError("the file cannot be examined", errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ConfigurationError("this is not a regular file") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw ConfigurationError("the file cannot be read", errno: errno)
            }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else {
                throw ConfigurationError("the file is too large: at most \(limit >> 20) MiB are allowed")
            }
        }
    }

    /// The names in a folder, sorted by their bytes; none when there is no such folder.
    static func names(in folder: String) throws(ConfigurationError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw ConfigurationError("the folder cannot be opened", errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw ConfigurationError("the folder cannot be read", errno: errno) }
                return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { name in
                String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
    }
}
