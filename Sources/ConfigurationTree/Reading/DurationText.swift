/// The longest duration that a configuration may hold: a hundred years.
///
/// Far above every sensible ban, and small enough that no sum with a date overflows in any unit.
package let longestDuration = Duration.seconds(100 * 365 * 86_400)

/// Reads a duration: plain seconds or one number with a unit, `10s 5m 2h 1d 1w`.
///
/// - Returns: nil for anything else (signs, fractions, blanks, several units, more than ``longestDuration``): a
///   duration that is misread as 0 would make a ban permanent or undo it at once.
package func parseDuration(_ text: String) -> Duration? {
    var digits = Substring(text)
    let unit: Int64
    switch digits.last {
    case "s": unit = 1
    case "m": unit = 60
    case "h": unit = 3600
    case "d": unit = 86_400
    case "w": unit = 7 * 86_400
    default: unit = 0
    }
    if unit > 0 { digits.removeLast() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let number = Int64(digits)
    else { return nil }
    let (seconds, overflow) = number.multipliedReportingOverflow(by: max(unit, 1))
    guard !overflow, .seconds(seconds) <= longestDuration else { return nil }
    return .seconds(seconds)
}
