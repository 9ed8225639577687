import Alerts
import Glibc

/// Addresses to listen on.
enum LocalAddress {
    /// Whether the text is an IPv4 or IPv6 address, the unspecified ones included.
    static func isValid(_ text: String) -> Bool {
        IPAddress(text) != nil
    }

    /// The name of this host, as `hostname` prints it.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "manager" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "manager" : String(decoding: bytes, as: UTF8.self)
    }
}
