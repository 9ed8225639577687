import Glibc

/// Finds files that were renamed, or linked into a dated folder as Wazuh does
/// (`alerts/2026/Nov/ossec-alerts-21.json`), while nobody was watching.
enum RotatedFileSearch {
    /// A file that was followed under a name for a while, and is rotated away.
    struct Rotation {
        let path: String
        /// Nil when it cannot be read.
        let file: FollowedFile?
        /// Why it cannot be read.
        var reason = ""
    }

    private struct Entry {
        let path: String
        let name: String
        let inode: UInt64
    }

    private static let depthLimit = 2
    private static let entryLimit = 20_000

    /// Returns the file of that position below `folder`, opened, or nil when it is gone (deleted, compressed).
    static func find(_ position: FilePosition, below folder: String) -> FollowedFile? {
        for entry in entries(below: folder) where entry.inode == position.inode {
            if let file = try? FollowedFile.open(entry.path),
                position.matches(descriptor: file.descriptor, inode: file.inode, size: file.size)
            {
                return file
            }
        }
        return nil
    }

    /// The rotations of the file at `path` that were written after one and before another, oldest first.
    static func between(_ older: FollowedFile, and newer: FollowedFile?, of path: String) -> [Rotation] {
        let parts = path.split(separator: "/")
        guard let name = parts.last.map(String.init) else { return [] }
        let folder = "/" + parts.dropLast().joined(separator: "/")
        let after = older.modified
        // An empty file says nothing about when it took the other one's place.
        let before = newer.map { $0.size > 0 ? $0.modified : Int64.max } ?? Int64.max
        var seen: Set<UInt64> = [older.inode]
        if let newer { seen.insert(newer.inode) }
        var found: [(modified: Int64, rotation: Rotation)] = []
        for entry in entries(below: folder) where entry.name != name {
            guard let name = RotatedFileName(entry.name, of: name) else { continue }
            var status = stat()
            guard stat(entry.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                status.modified > after, status.modified <= before, seen.insert(UInt64(status.st_ino)).inserted
            else { continue }
            found.append((status.modified, rotation(entry.path, name)))
        }
        return found.sorted { $0.modified < $1.modified }.map(\.rotation)
    }

    private static func rotation(_ path: String, _ name: RotatedFileName) -> Rotation {
        guard !name.isCompressed else { return Rotation(path: path, file: nil, reason: "it is compressed") }
        do throws(FollowedFile.Failure) {
            return Rotation(path: path, file: try FollowedFile.open(path))
        } catch {
            return Rotation(path: path, file: nil, reason: error.reason)
        }
    }

    private static func entries(below folder: String) -> [Entry] {
        var found: [Entry] = []
        var folders = [(path: folder, depth: 0)]
        while let next = folders.first {
            folders.removeFirst()
            guard let directory = opendir(next.path) else { continue }
            defer { closedir(directory) }
            while let entry = readdir(directory), found.count < entryLimit {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                let path = next.path + "/" + name
                found.append(Entry(path: path, name: name, inode: UInt64(entry.pointee.d_ino)))
                if entry.pointee.d_type == UInt8(DT_DIR), next.depth < depthLimit {
                    folders.append((path, next.depth + 1))
                }
            }
        }
        return found
    }
}

/// The name of a file's rotation: its own with numbers or a date, at the end (`alerts.json.1`, `alerts.json-20261121`) or
/// before the extension (`alerts-20261121.json`, Wazuh's `ossec-alerts-21-001.json`).
struct RotatedFileName {
    private static let compressions = [".gz", ".xz", ".bz2", ".zst", ".lz4", ".zip"]

    let isCompressed: Bool

    /// Nil when the name is not that of a rotation.
    init?(_ text: String, of name: String) {
        let compression = Self.compressions.first(where: text.hasSuffix)
        let plain = text.dropLast(compression?.count ?? 0)
        isCompressed = compression != nil
        if plain.hasPrefix(name), Self.isMark(plain.dropFirst(name.count)) { return }
        // A compressed rotation may have lost nothing but its own name.
        if isCompressed, plain == name { return }
        let dot = name.lastIndex(of: ".") ?? name.endIndex
        let (base, ending) = (name[..<dot], name[dot...])
        guard !base.isEmpty, plain.hasSuffix(ending) else { return nil }
        let stem = plain.dropLast(ending.count).drop { !$0.isNumber }
        let head = plain.dropLast(ending.count + stem.count)
        guard !stem.isEmpty, head.last.map({ "-_.".contains($0) }) == true else { return nil }
        let own = head.dropLast()
        guard Self.isMark(head.suffix(1) + stem), own == base || own.hasSuffix("-" + base) else { return nil }
    }

    /// Whether this is what tells one rotation from another: digits and separators, as in `.1` or `-2026-11-21`.
    private static func isMark(_ text: some StringProtocol) -> Bool {
        guard let first = text.first, "-_.".contains(first) else { return false }
        return text.contains(where: \.isNumber) && text.allSatisfy { $0.isNumber || "-_.T:".contains($0) }
    }
}
