/// What the end of a dispatch says whose undo is not tried again because another dispatch has taken its place: the undo
/// of that one covers both.
package enum Takeover {
    private static let head = "given up: dispatch "
    private static let tail = " took over and will be undone"

    /// The detail of the event.
    package static func detail(by successor: DispatchID) -> String {
        head + successor.description + tail
    }

    /// The dispatch that took over; nil when the detail says something else.
    package static func successor(in detail: String) -> DispatchID? {
        guard detail.hasPrefix(head), detail.hasSuffix(tail) else { return nil }
        return DispatchID(hex: String(detail.dropFirst(head.count).dropLast(tail.count)))
    }
}
