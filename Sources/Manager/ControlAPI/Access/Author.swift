import Hummingbird

/// Who asks for a change by hand, and why, as the ledger keeps it.
struct Author: Sendable, Equatable {
    /// The most bytes of a reason or a name.
    static let limit = 1000

    /// Such as `uid 0 (root)` or `api:ci@192.0.2.1`, or `alice, uid 0 (root)` when it was said who the person is.
    let name: String
    /// Empty when nobody said.
    let reason: String

    /// - Parameters:
    ///   - caller: who the manager knows it is.
    ///   - person: who the client says it is.
    /// - Throws: when a text is too long or holds control characters.
    init(caller: Caller, person: String?, reason: String?) throws(ControlFailure) {
        for (what, text) in [("by", person), ("reason", reason)] {
            guard let text else { continue }
            let isClean = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
            guard isClean, text.utf8.count <= Self.limit else {
                throw ControlFailure(
                    .badRequest, "\"\(what)\" is one line of at most \(Self.limit) bytes, without control characters")
            }
        }
        let (origin, known) = caller.identity.described
        let isNews = person.map { !$0.isEmpty && $0 != known } ?? false
        name = isNews ? "\(person ?? ""), \(origin)" : origin
        self.reason = reason ?? ""
    }

    /// Who and why.
    var text: String { reason.isEmpty ? name : "\(name): \(reason)" }

    /// The same, as a line of a timeline says it.
    var detail: String { "by \(text)" }
}
