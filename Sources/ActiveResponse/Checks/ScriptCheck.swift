import CSpawn
import Glibc

/// A file that was found to be one that may be run, held so that another in its place is told apart from it.
final class CheckedFile {
    /// Stands for the file, without having opened it for reading (O_PATH).
    let descriptor: Int32
    let status: stat

    init(descriptor: Int32, status: stat) {
        self.descriptor = descriptor
        self.status = status
    }

    deinit { close(descriptor) }
}

/// Decides whether an executable is one that may be run.
///
/// It must be a regular, executable file in `active-response/bin`. The file and every folder from the home down to it
/// must belong to root or to this daemon's user and be writable by nobody else; then nobody else can exchange it
/// between this check and its start either. Who may exchange the home itself has this daemon's configuration, key and
/// journal too, so that the folders above are not looked at. Links are followed by hand, because each step has to stay inside: a
/// link whose way leads through a foreign folder could be pointed elsewhere at any time.
struct ScriptCheck: Sendable {
    /// The daemon's home, absolute.
    let home: String

    /// The folder of the scripts.
    private var folder: String { home + "/active-response/bin" }

    private static let maximumLinks = 16

    /// Checks an executable given relative to the folder.
    ///
    /// - Returns: the file that was checked.
    /// - Throws: ``StartFailure/refused(_:)`` with the reason.
    func check(_ executable: String) throws(StartFailure) -> CheckedFile {
        var folders = [try openScripts()]
        defer { for descriptor in folders { close(descriptor) } }

        var components = try Self.components(executable, of: executable)
        var links = 0
        while let component = components.popLast() {
            if component == ".." {
                guard folders.count > 1 else { throw Self.leaves(executable) }
                close(folders.removeLast())
                continue
            }
            guard let current = folders.last else { throw Self.leaves(executable) }
            let entry = edr_open_path(current, component)
            guard entry >= 0 else { throw .refused("\"\(executable)\" cannot be found: \(Self.text(errno))") }
            var keep = false
            defer { if !keep { close(entry) } }
            let status = try Self.status(entry, executable)
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                links += 1
                guard links <= Self.maximumLinks else { throw .refused("\"\(executable)\" has too many links") }
                let target = try readLink(entry, executable)
                components +=
                    try target.hasPrefix("/")
                    ? insideComponents(target, &folders, executable)
                    : Self.components(target, of: executable, allowingParent: true)
            case S_IFDIR:
                guard !components.isEmpty else { throw .refused("\"\(executable)\" is a folder") }
                try Self.checkOwner(status, "a folder of \"\(executable)\"")
                folders.append(entry)
                keep = true
            case S_IFREG:
                guard components.isEmpty else { throw .refused("\"\(executable)\" leads through a file") }
                try Self.checkOwner(status, "\"\(executable)\"")
                guard status.st_mode & 0o111 != 0 else { throw .refused("\"\(executable)\" is not executable") }
                keep = true
                return CheckedFile(descriptor: entry, status: status)
            default:
                throw .refused("\"\(executable)\" is not a regular file")
            }
        }
        throw .refused("\"\(executable)\" is a folder")
    }

    /// Opens the folder of the scripts, and checks it and those that it lies in.
    private func openScripts() throws(StartFailure) -> Int32 {
        var path = home
        var current = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for name in ["active-response", "bin", nil] {
            guard current >= 0 else { throw .refused("cannot open the folder \"\(path)\": \(Self.text(errno))") }
            do throws(StartFailure) {
                try Self.checkOwner(try Self.status(current, path), "the folder \"\(path)\"")
            } catch {
                close(current)
                throw error
            }
            guard let name else { break }
            let next = openat(current, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            let problem = errno
            close(current)
            errno = problem
            current = next
            path += "/" + name
        }
        return current
    }

    /// The components of an absolute link target, which must lie in the folder; the way starts over there.
    private func insideComponents(
        _ target: String, _ folders: inout [Int32], _ executable: String
    ) throws(StartFailure) -> [String] {
        guard target.hasPrefix(folder + "/") else { throw Self.leaves(executable) }
        while folders.count > 1 { close(folders.removeLast()) }
        return try Self.components(
            String(target.dropFirst(folder.count + 1)), of: executable, allowingParent: true)
    }

    /// The components of a relative path, last first.
    private static func components(
        _ path: String, of executable: String, allowingParent: Bool = false
    ) throws(StartFailure) -> [String] {
        guard !path.isEmpty, !path.hasPrefix("/") else { throw leaves(executable) }
        let components = path.split(separator: "/").map(String.init).filter { $0 != "." }
        if !allowingParent, components.contains("..") { throw leaves(executable) }
        return components.reversed()
    }

    private func readLink(_ descriptor: Int32, _ executable: String) throws(StartFailure) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(descriptor, "", &buffer, buffer.count)
        guard count > 0, let target = String(validating: buffer[..<count], as: UTF8.self) else {
            throw .refused("a link of \"\(executable)\" cannot be read")
        }
        return target
    }

    private static func status(_ descriptor: Int32, _ name: String) throws(StartFailure) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .refused("cannot check \"\(name)\": \(text(errno))") }
        return status
    }

    private static func checkOwner(_ status: stat, _ what: String) throws(StartFailure) {
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw .refused("\(what) belongs to user \(status.st_uid), not to root")
        }
        guard status.st_mode & 0o022 == 0 else { throw .refused("\(what) is writable by group or others") }
    }

    private static func leaves(_ executable: String) -> StartFailure {
        .refused("\"\(executable)\" leaves the folder active-response/bin")
    }

    private static func text(_ error: Int32) -> String { String(cString: strerror(error)) }
}
