/// Reads a number of bytes: a plain number or one with a unit of 1024, `512K 64M 2G`.
///
/// - Returns: nil for anything else (signs, fractions, blanks, other units, more than a tebibyte).
package func parseSize(_ text: String) -> UInt64? {
    var digits = Substring(text)
    let shift: UInt64
    switch digits.last {
    case "K": shift = 10
    case "M": shift = 20
    case "G": shift = 30
    default: shift = 0
    }
    if shift > 0 { digits.removeLast() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let number = UInt64(digits), number <= largestSize >> shift
    else { return nil }
    return number << shift
}

private let largestSize: UInt64 = 1 << 40

extension SectionReader {
    /// A number of bytes as ``parseSize(_:)`` reads it, not below `minimum`.
    package func size(_ name: String, atLeast minimum: UInt64) -> UInt64? {
        guard let text = string(name), let node = last(name) else { return nil }
        guard let size = parseSize(text) else {
            invalid(node, "expected bytes or a number with a unit: 1000000, 512K, 64M, 2G (1024G at most)")
            return nil
        }
        guard size >= minimum else {
            let least = minimum >> 20 > 0 ? "\(minimum >> 20)M" : "\(minimum)"
            invalid(node, "expected at least \(least)")
            return nil
        }
        return size
    }
}
