/// What an alert means for one active response.
package struct Decision: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// An order goes to each of the targets, of which there is at least one.
        case fires(targets: [Target], arguments: ResponseArguments)
        /// The first condition that failed, in words.
        case skipped(reason: String)
    }

    /// With its ``ActiveResponseDefinition/mode``: a response that is only observed is decided like any other.
    package let response: ActiveResponseDefinition
    package let outcome: Outcome
}

/// Where a response runs.
package enum Target: Sendable, Hashable {
    /// The manager.
    case server
    /// The enrolled agent with this id.
    case agent(String)
}

/// The values that go to the script, all of them checked.
package struct ResponseArguments: Sendable, Equatable {
    package let user: String?
    /// An address in canonical form.
    package let sourceAddress: String?
    /// An absolute, normal path.
    package let filename: String?
    /// The command's `extra_args` with their references replaced, one word each.
    package let extraArguments: [String]

    package init(user: String?, sourceAddress: String?, filename: String?, extraArguments: [String]) {
        self.user = user
        self.sourceAddress = sourceAddress
        self.filename = filename
        self.extraArguments = extraArguments
    }
}
