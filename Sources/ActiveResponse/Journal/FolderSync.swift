import Glibc

/// Makes names of files safe on disk: a file that was synced can be gone after a power failure with its name.
enum FolderSync {
    /// Syncs the folder in which a file is.
    ///
    /// - Returns: false when that failed; `errno` says why.
    static func sync(folderOf path: String) -> Bool {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }
}
