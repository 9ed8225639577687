/// Reads a number of bytes: plain, or one number with a unit, `64K 500M 2G` (powers of 1024).
///
/// - Returns: nil for anything else (signs, fractions, blanks, small letters, more than fits).
package func parseByteCount(_ text: String) -> Int? {
    var digits = Substring(text)
    let unit: Int
    switch digits.last {
    case "K": unit = 1 << 10
    case "M": unit = 1 << 20
    case "G": unit = 1 << 30
    default: unit = 0
    }
    if unit > 0 { digits.removeLast() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let number = Int(digits)
    else { return nil }
    let (count, overflow) = number.multipliedReportingOverflow(by: max(unit, 1))
    return overflow ? nil : count
}
