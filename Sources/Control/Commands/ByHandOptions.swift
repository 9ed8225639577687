import ArgumentParser
import Foundation

/// What every change by hand takes, so that the ledger can say who made it and why.
struct ByHandOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var reason: String?

    /// The person, where sudo tells; the manager itself knows only the user of the process.
    static var person: String? {
        let environment = ProcessInfo.processInfo.environment
        return environment["SUDO_USER"] ?? environment["USER"]
    }

    /// A request's body that says this and nothing else.
    struct Body: Encodable {
        let by: String?
        let reason: String?
    }

    var body: Body { Body(by: Self.person, reason: reason) }
}
