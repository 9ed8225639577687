import Glibc

/// What a script says of itself, by lines of its first 4 KiB (docs/how-to/write-a-script.md).
///
/// Only scripts with a first line `#!` are looked into.
struct ScriptDeclarations: OptionSet, Sendable {
    var rawValue: UInt8 = 0

    /// `# edr: restore`: it can bring back its responses.
    static let restore = ScriptDeclarations(rawValue: 1)
    /// `# edr: no-address`: it acts on no address, whether the alert has one or not.
    static let noAddress = ScriptDeclarations(rawValue: 2)
    /// `# edr: confirm`: it may cut this machine off, and is undone unless the manager is reached through it.
    static let confirm = ScriptDeclarations(rawValue: 4)

    private static let words: [(String, ScriptDeclarations)] = [
        ("restore", .restore), ("no-address", .noAddress), ("confirm", .confirm),
    ]
    private static let prefix = Array("# edr: ".utf8)
    /// The declarations stand in this many bytes of the script.
    private static let head = 4096
}

extension ScriptDeclarations {
    /// Reads the declarations of the script at a path; none when there is no such script.
    ///
    /// It was not checked yet: to open what is no regular file could wait for ever.
    init(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return }
        defer { close(file) }
        rawValue = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.head) { buffer in
            let count = read(file, buffer.baseAddress, buffer.count)
            guard count > 2 else { return 0 }
            return Self.found(in: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])).rawValue
        }
    }

    private static func found(in script: UnsafeRawBufferPointer) -> ScriptDeclarations {
        guard script.starts(with: "#!".utf8) else { return [] }
        var found: ScriptDeclarations = []
        // What stands behind the last line break may be cut off.
        for line in script.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        where line.starts(with: prefix) {
            for (word, declaration) in words where line.dropFirst(prefix.count).elementsEqual(word.utf8) {
                found.insert(declaration)
            }
        }
        return found
    }
}
