import Glibc

/// Gives back the memory that only the start of the agent needed.
///
/// Starting touches most of the program's and the libraries' code once; the idle agent runs a small part of it. The
/// pages stay in the system's page cache, shared by all, and come back by themselves when they are needed.
enum StartPages {
    /// Releases the code pages of all mapped files; returns how many bytes of address space that were.
    ///
    /// Only executable mappings are touched: nobody writes to them, so what is read again from the file is what was
    /// there. Read-only data would not be safe: the loader has written relocated addresses into some of it.
    @discardableResult
    static func release() -> Int {
        var released = 0
        for line in maps().split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { continue }
            let bounds = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard bounds.count == 2, bounds[0] < bounds[1] else { continue }
            let length = Int(bounds[1] - bounds[0])
            if madvise(UnsafeMutableRawPointer(bitPattern: bounds[0]), length, MADV_DONTNEED) == 0 {
                released += length
            }
        }
        return released
    }

    private static func maps() -> String {
        let descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
    }
}
