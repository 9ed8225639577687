/// A ``GroupCondition`` made ready for matching.
enum GroupMatcher: Sendable, Hashable {
    case pattern(GroupPattern)
    /// The names in ASCII lower case, to be compared whole.
    case names(Set<[UInt8]>)
    /// A pattern that cannot be read: it matches nothing, as with the peers.
    case invalid(reason: String)

    init(_ condition: GroupCondition) {
        switch condition {
        case .pattern(let text):
            do throws(GroupPattern.InvalidPattern) {
                self = .pattern(try GroupPattern(text))
            } catch {
                self = .invalid(reason: error.reason)
            }
        case .names(let names):
            self = .names(Set(names.map { $0.utf8.map(asciiLowercased) }))
        }
    }

    func matches(_ rule: FoldedRule) -> Bool {
        switch self {
        case .pattern(let pattern): pattern.matches(folded: rule.groupText)
        case .names(let names): rule.groupNames.contains { names.contains($0) }
        case .invalid: false
        }
    }
}
