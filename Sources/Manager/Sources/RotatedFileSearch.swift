import Glibc

/// Finds the file that was being followed after it was renamed, or linked into a dated folder as Wazuh does
/// (`alerts/2026/Nov/ossec-alerts-21.json`), while nobody was watching.
enum RotatedFileSearch {
    private static let depthLimit = 2
    private static let entryLimit = 20_000

    /// Returns the file of that position below `folder`, opened, or nil when it is gone (deleted, compressed).
    static func find(_ position: FilePosition, below folder: String) -> FollowedFile? {
        var entries = 0
        return find(position, folder: folder, depth: 0, entries: &entries)
    }

    private static func find(
        _ position: FilePosition, folder: String, depth: Int, entries: inout Int
    ) -> FollowedFile? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var folders: [String] = []
        while let entry = readdir(directory), entries < entryLimit {
            entries += 1
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let path = folder + "/" + name
            if UInt64(entry.pointee.d_ino) == position.inode, let file = FollowedFile.open(path),
                position.matches(descriptor: file.descriptor, inode: file.inode, size: file.size)
            {
                return file
            }
            if entry.pointee.d_type == UInt8(DT_DIR), depth < depthLimit { folders.append(path) }
        }
        for folder in folders {
            if let found = find(position, folder: folder, depth: depth + 1, entries: &entries) { return found }
        }
        return nil
    }
}
