import Glibc

/// Reads the last lines of a file from its end, so that the size of the file does not matter.
enum NewestLines {
    /// How much is read at once, in bytes.
    private static let block = 1 << 18

    /// The last lines that are complete and not empty, oldest first.
    ///
    /// A line behind the last newline is still being written and is left out.
    ///
    /// - Parameters:
    ///   - limit: how many lines.
    ///   - bytes: how much of the file is looked at, at most.
    /// - Returns: nil when the file cannot be read; `errno` says why.
    static func read(path: String, limit: Int, bytes: Int = 64 << 20) -> [[UInt8]]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let end = Int(status.st_size)
        var start = end
        var blocks: [[UInt8]] = []
        var newlines = 0
        // One newline more: it ends the line before the first one.
        while start > 0, newlines <= limit, end - start < bytes {
            let length = min(block, start)
            var buffer = [UInt8](repeating: 0, count: length)
            guard pread(descriptor, &buffer, length, off_t(start - length)) == length else { return nil }
            start -= length
            // Empty lines are left out below, so they must not count here.
            newlines += count(buffer)
            blocks.append(buffer)
        }
        let text = Array(blocks.reversed().joined())
        guard let last = text.lastIndex(of: 0x0A) else { return [] }
        var lines = text[..<last].split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        // What the first block begins with is the rest of a line.
        if start > 0 { lines = lines.dropFirst() }
        return lines.filter { line in !line.allSatisfy(isBlank) }.suffix(limit).map(Array.init)
    }

    /// The newlines that end a line with something in it.
    private static func count(_ bytes: [UInt8]) -> Int {
        var count = 0
        var isEmpty = true
        for byte in bytes {
            if byte == 0x0A {
                if !isEmpty { count += 1 }
                isEmpty = true
            } else if !isBlank(byte) {
                isEmpty = false
            }
        }
        return count
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0D || byte == 0x09 }
}
