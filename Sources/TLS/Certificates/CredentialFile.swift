import COpenSSL
import Glibc

/// Reads and writes the files that hold keys, certificates and tokens.
package enum CredentialFile {
    /// No credential of ours comes near this size in bytes; a larger file is a mistake.
    private static let sizeLimit = 256 * 1024

    /// Writes text to a file of mode 0600 as ``write(_:to:)`` does.
    package static func write(text: String, to path: String) throws(TLSError) {
        let bytes = Array(text.utf8)
        try bytes.withUnsafeBufferPointer { bytes throws(TLSError) in
            try write(UnsafeRawBufferPointer(bytes), to: path)
        }
    }

    /// Puts a file in the place of another one in the same directory, in one step that outlives a crash.
    package static func move(_ source: String, to path: String) throws(TLSError) {
        guard rename(source, path) == 0 else { throw .file(path: path, operation: "replace", errno: errno) }
        try syncDirectory(of: path)
    }

    /// Replaces a file by one of mode 0600 with these bytes.
    ///
    /// The bytes go to a temporary file beside it, which is synced and renamed: after a crash the old file or
    /// the new one is there, never a part, and at no time can anybody else read it.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(TLSError) {
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
        let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .file(path: temporary, operation: "create", errno: errno) }
        do throws(TLSError) {
            defer { close(descriptor) }
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw .file(path: temporary, operation: "write", errno: errno) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            guard fsync(descriptor) == 0 else { throw .file(path: temporary, operation: "sync", errno: errno) }
            guard rename(temporary, path) == 0 else { throw .file(path: path, operation: "replace", errno: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// Reads a file that nobody else than this user and root can read or replace; any other is refused.
    package static func secretText(of path: String) throws(TLSError) -> String {
        try withContents(of: path, isSecret: true) { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with a file's bytes and wipes them afterwards; its errors about them name the file.
    ///
    /// - Parameter isSecret: refuse a file that somebody else than this user and root can read or replace.
    static func withContents<Result>(
        of path: String, isSecret: Bool, _ body: (UnsafeRawBufferPointer) throws(TLSError) -> Result
    ) throws(TLSError) -> Result {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .file(path: path, operation: "open", errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .file(path: path, operation: "read", errno: errno) }
        if isSecret { try checkSafety(of: path, status) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= sizeLimit else {
            throw .file(path: path, operation: "read", errno: EFBIG)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(Int(status.st_size), 1), alignment: 1)
        defer {
            OPENSSL_cleanse(buffer.baseAddress, buffer.count)
            buffer.deallocate()
        }
        var filled = 0
        while filled < Int(status.st_size) {
            let count = read(descriptor, buffer.baseAddress.map { $0 + filled }, Int(status.st_size) - filled)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .file(path: path, operation: "read", errno: errno) }
            if count == 0 { break }
            filled += count
        }
        do throws(TLSError) {
            return try body(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        } catch .invalidCredential(let kind, let reason) {
            throw .invalidCredential(kind: kind, reason: "\(reason), in \"\(path)\"")
        }
    }

    private static func checkSafety(of path: String, _ status: stat) throws(TLSError) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .unsafeFile(path: path, reason: "it belongs to user \(status.st_uid); change its owner")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw .unsafeFile(path: path, reason: "others have access to it (mode \(mode)); set mode 600")
        }
    }

    /// Syncs the directory, without which the renamed entry may be gone after a power cut.
    private static func syncDirectory(of path: String) throws(TLSError) {
        let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: directory, operation: "open", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file(path: directory, operation: "sync", errno: errno) }
    }
}
