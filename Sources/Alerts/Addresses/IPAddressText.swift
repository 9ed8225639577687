/// The text forms of addresses: dotted decimal and RFC 4291 in, RFC 5952 out.
///
/// Written out rather than left to `inet_pton`, so that no C library's leniency decides what an address is.
enum IPAddressText {
    /// The longest text of an address: eight groups of which two are written as IPv4.
    static let longest = 45

    /// The number of an IPv4 address, or nil when the bytes are anything but four decimal numbers without leading
    /// zeros.
    static func ipv4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let numbers = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard numbers.count == 4 else { return nil }
        var value: UInt32 = 0
        for number in numbers {
            guard let byte = decimalByte(number) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    /// The number of an IPv6 address, or nil when the bytes are none.
    static func ipv6(_ text: ArraySlice<UInt8>) -> UInt128? {
        let colon = UInt8(ascii: ":")
        guard text.count <= longest, let gap = firstDoubleColon(text) else {
            // Without "::" there must be all eight groups.
            guard text.count <= longest, let groups = groups(text), groups.count == 8 else { return nil }
            return number(groups)
        }
        let head = text[..<gap]
        let tail = text[(gap + 2)...]
        // ":::" and a second "::" leave an empty group, which `groups` refuses.
        guard tail.first != colon, let first = head.isEmpty ? [] : groups(head, mayEndInIPv4: false),
            let last = tail.isEmpty ? [] : groups(tail)
        else { return nil }
        // "::" stands for at least one group of zeros.
        let zeros = 8 - first.count - last.count
        guard zeros >= 1 else { return nil }
        return number(first + [UInt16](repeating: 0, count: zeros) + last)
    }

    /// The RFC 5952 text of an IPv6 address.
    static func text(ipv6 value: UInt128) -> String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(16 * (7 - $0))) }
        let hex = groups.map { String($0, radix: 16) }
        guard let zeros = longestZeroRun(groups) else { return hex.joined(separator: ":") }
        return hex[..<zeros.lowerBound].joined(separator: ":") + "::"
            + hex[zeros.upperBound...].joined(separator: ":")
    }

    private static func decimalByte(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var value: UInt16 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + UInt16(digit - UInt8(ascii: "0"))
        }
        return UInt8(exactly: value)
    }

    private static func firstDoubleColon(_ text: ArraySlice<UInt8>) -> Int? {
        text.indices.dropLast().first { text[$0] == UInt8(ascii: ":") && text[$0 + 1] == UInt8(ascii: ":") }
    }

    /// Groups of one to four hex digits between single colons; the last two may be written as an IPv4 address.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool = true) -> [UInt16]? {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if let group = hexGroup(part) {
                groups.append(group)
            } else if mayEndInIPv4, index == parts.count - 1, let value = ipv4(part) {
                groups += [UInt16(truncatingIfNeeded: value >> 16), UInt16(truncatingIfNeeded: value)]
            } else {
                return nil
            }
        }
        return groups
    }

    private static func hexGroup(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt16 = 0
        for digit in digits {
            guard let number = hexValue(digit) else { return nil }
            value = value << 4 | UInt16(number)
        }
        return value
    }

    private static func number(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// The first of the longest runs of at least two zero groups (RFC 5952, sections 4.2.2 and 4.2.3).
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > best.count { best = start..<index }
            start = index + 1
        }
        return best.count >= 2 ? best : nil
    }
}

/// The value of a hexadecimal digit in ASCII, or nil.
func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
