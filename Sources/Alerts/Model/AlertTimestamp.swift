/// Reads and writes the time of an alert: RFC 3339, and Wazuh's form of it with a zone without colon.
enum AlertTimestamp {
    /// Unix milliseconds of a time such as `2025-04-13T15:25:01.482+0000`, rounded down.
    ///
    /// - Returns: nil for anything else, and for a time that no calendar has, such as a 30th of February.
    static func unixMilliseconds(_ text: String) -> Int64? {
        var reader = Reader(digits: Array(text.utf8.prefix(Self.longest + 1))[...])
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), let milliseconds = reader.fraction(), let zone = reader.zone(),
            reader.digits.isEmpty, (1...12).contains(month), (1...daysIn(month: month, year: year)).contains(day),
            hour < 24, minute < 60,
            // 60 is a leap second, which Unix time does not count.
            second <= 60
        else { return nil }
        let seconds = (daysSinceEpoch(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
        return (seconds - zone * 60) * 1000 + milliseconds
    }

    /// The time in Wazuh's form, in UTC.
    ///
    /// - Parameter milliseconds: Unix milliseconds; nil for those before 1970 and from the year 10000 on.
    static func text(unixMilliseconds milliseconds: Int64) -> String? {
        guard (0..<253_402_300_800_000).contains(milliseconds) else { return nil }
        let (year, month, day) = date(ofDay: milliseconds / 86_400_000)
        func digits(_ number: Int64, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        let date = [digits(year, 4), digits(month, 2), digits(day, 2)].joined(separator: "-")
        let time = [milliseconds / 3_600_000 % 24, milliseconds / 60_000 % 60, milliseconds / 1000 % 60]
        return date + "T" + time.map { digits($0, 2) }.joined(separator: ":") + "."
            + digits(milliseconds % 1000, 3) + "+0000"
    }

    /// The longest text that is read: nine decimals and a zone with a colon.
    private static let longest = 35

    private static func daysIn(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 in the Gregorian calendar.
    ///
    /// Years begin in March here, so that the leap day is the last.
    private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        return shifted * 365 + leapDays + dayOfYear - 719_468
    }

    /// The date of a day since 1970-01-01, the other way round.
    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        // The days of 400 years, and of those the leap days, count from a March.
        let (era, ofEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = (monthFromMarch + 2) % 12 + 1
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private struct Reader {
        var digits: ArraySlice<UInt8>

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard let first = digits.first, UInt32(first) == character.value else { return false }
            digits.removeFirst()
            return true
        }

        /// A number of exactly `count` digits.
        mutating func number(_ count: Int) -> Int64? {
            guard digits.count >= count else { return nil }
            var number: Int64 = 0
            for _ in 0..<count {
                let digit = digits.removeFirst() &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                number = number * 10 + Int64(digit)
            }
            return number
        }

        /// The milliseconds of an optional fraction of one to nine digits.
        mutating func fraction() -> Int64? {
            guard take(".") else { return 0 }
            var nanoseconds: Int64 = 0
            var unit: Int64 = 100_000_000
            let start = digits.startIndex
            while let digit = digits.first.map({ $0 &- UInt8(ascii: "0") }), digit < 10 {
                digits.removeFirst()
                nanoseconds += Int64(digit) * unit
                unit /= 10
            }
            return (1...9).contains(digits.startIndex - start) ? nanoseconds / 1_000_000 : nil
        }

        /// The minutes that the time is ahead of UTC: of `Z`, `+0100` or `+01:00`.
        mutating func zone() -> Int64? {
            if take("Z") || take("z") { return 0 }
            let sign: Int64 = take("+") ? 1 : -1
            guard sign == 1 || take("-"), let hours = number(2) else { return nil }
            _ = take(":")
            guard let minutes = number(2), hours < 24, minutes < 60 else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}
