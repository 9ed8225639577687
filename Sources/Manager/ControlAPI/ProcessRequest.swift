import Hummingbird

/// What `POST /v1/alerts/process` is asked for.
struct ProcessRequest: Sendable, Equatable {
    /// The most alerts that a request may ask for.
    static let largestLimit = 10_000

    /// How many alerts, the newest ones.
    var limit = 20
    /// Decide only.
    var isDryRun = false
    /// Take also alerts whose responses are in the ledger.
    var takesKnown = false
    /// Take the alerts from the files of the configured sources instead of the request's body.
    var readsSources = false

    /// - Parameter query: `limit`, `dry_run`, `reprocess` and `sources`; others are errors, because one that is
    ///   misspelt (`dryrun`) would run what was not to be run.
    init(_ query: [String: String]) throws {
        for (name, value) in query {
            switch name {
            case "limit":
                guard let number = Int(value), (1...Self.largestLimit).contains(number) else {
                    throw ControlFailure(
                        .badRequest, "a limit is a number from 1 to \(Self.largestLimit), not \"\(value)\"")
                }
                limit = number
            case "dry_run": isDryRun = try Self.flag(name, value)
            case "reprocess": takesKnown = try Self.flag(name, value)
            case "sources": readsSources = try Self.flag(name, value)
            default:
                throw ControlFailure(
                    .badRequest, "there is no parameter \"\(name)\"; there are limit, dry_run, reprocess and sources")
            }
        }
    }

    private static func flag(_ name: String, _ value: String) throws -> Bool {
        switch value {
        case "true": return true
        case "false": return false
        default: throw ControlFailure(.badRequest, "\(name) is true or false, not \"\(value)\"")
        }
    }
}
