import Glibc

/// A random name for a journal, by which the manager tells the numbers of its events from those of an earlier
/// journal in the same home.
///
/// Kept in a file beside the journal, and drawn anew when the journal is not there: it was removed, or the home
/// is new, and its events are numbered from the beginning again.
package enum JournalIdentity {
    /// Reads the name, or draws and writes one.
    ///
    /// To be called before the executor makes its journal.
    ///
    /// - Parameter folder: the folder of the journal.
    package static func load(folder: String, journalName: String = "journal") throws(ResponseError) -> String {
        let path = "\(folder)/\(journalName).id"
        if access("\(folder)/\(journalName)", F_OK) == 0, let known = read(path) { return known }
        let drawn = (0..<4).map { _ in
            let digits = String(UInt32.random(in: 0...UInt32.max), radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
        try write(drawn, to: path)
        return drawn
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 33)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count == 32 else { return nil }
        return String(decoding: bytes[..<32], as: UTF8.self)
    }

    private static func write(_ text: String, to path: String) throws(ResponseError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ResponseError("cannot create \"\(temporary)\"", errno: errno) }
        let written = Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count && fsync(descriptor) == 0
        let failure = errno
        close(descriptor)
        guard written, rename(temporary, path) == 0 else {
            throw ResponseError("cannot write \"\(path)\"", errno: written ? errno : failure)
        }
        // Else a power failure can leave events under a name that the next start does not know.
        guard FolderSync.sync(folderOf: path) else {
            throw ResponseError("cannot sync the folder of \"\(path)\"", errno: errno)
        }
    }
}
