import Alerts

/// Addresses as files of `/proc/net` write them: 32-bit numbers in hexadecimal, each in the machine's byte order.
enum ProcAddress {
    /// The address of 8 or 32 hexadecimal digits.
    static func address(_ digits: some Collection<UInt8>) -> IPAddress? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var rest = digits[...]
        while !rest.isEmpty {
            let word = rest.prefix(8)
            guard word.count == 8, let number = number(word) else { return nil }
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: number)) { bytes += $0 }
            rest = rest.dropFirst(8)
        }
        return IPAddress(bytes: bytes)
    }

    /// The number of at most 16 hexadecimal digits.
    static func number(_ digits: some Collection<UInt8>) -> UInt64? {
        guard (1...16).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt64(digit - UInt8(ascii: "A") + 10)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}
