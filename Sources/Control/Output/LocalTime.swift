import Foundation

/// Shows the API's times (ISO 8601, UTC) to people: local, to the millisecond.
struct LocalTime: Sendable {
    let timeZone: TimeZone

    /// `2025-04-13 17:25:01.482`; a text that is no time is shown as it is.
    func text(_ iso: String?) -> String? {
        guard let iso else { return nil }
        guard let date = Self.date(iso) else { return iso }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = timeZone
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss.SSS"
        return formatter.string(from: date)
    }

    /// The milliseconds between two times; `nil` when one of them is none.
    static func milliseconds(from start: String, to end: String) -> Int? {
        guard let start = date(start), let end = date(end) else { return nil }
        return Int((end.timeIntervalSince(start) * 1_000).rounded())
    }

    private static func date(_ iso: String) -> Date? {
        try? Date(iso, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
    }
}

/// Spans of time for people.
enum Span {
    /// `3d 4h 5m`, `12s`: the two or three largest units that are not zero.
    static func text(seconds: Int) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        let shown = parts.drop { $0.0 == 0 }.prefix(3).filter { $0.0 != 0 }
        return shown.isEmpty ? "0s" : shown.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }

    /// `12 ms`, `3.204 s`.
    static func text(milliseconds: Int) -> String {
        guard milliseconds.magnitude >= 1_000 else { return "\(milliseconds) ms" }
        let rest = String(milliseconds.magnitude % 1_000)
        return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest + " s"
    }
}

/// Sizes for people.
enum Size {
    /// `812 KiB`, `1.4 MiB`, `2 GiB`: in the largest unit that makes it at least 1, with a tenth where there is one.
    static func text(_ bytes: Int) -> String {
        for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB")] where bytes >= unit {
            let tenths = bytes * 10 / unit
            return "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)") + " \(name)"
        }
        return "\(bytes >> 10) KiB"
    }
}
