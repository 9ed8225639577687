import Glibc

/// The machine that this program runs on.
package enum LocalHost {
    /// Its name, as `hostname` prints it; `manager` when it has none.
    package static var name: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "manager" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "manager" : String(decoding: bytes, as: UTF8.self)
    }
}
