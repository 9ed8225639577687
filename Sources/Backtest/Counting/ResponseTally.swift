import Policy

/// Against what a response is directed: those of the alert's values that its command expects, or all that there are
/// when it expects none.
package struct ReplayTarget: Sendable, Hashable {
    package let sourceAddress: String?
    package let user: String?
    package let filename: String?

    init(_ arguments: ResponseArguments, expect: ExpectedFields) {
        func wanted(_ field: ExpectedFields) -> Bool { expect.isEmpty || expect.contains(field) }
        sourceAddress = wanted(.sourceAddress) ? arguments.sourceAddress : nil
        user = wanted(.user) ? arguments.user : nil
        filename = wanted(.filename) ? arguments.filename : nil
    }

    /// The values, for people.
    package var description: String {
        let parts = [sourceAddress, user.map { "user \($0)" }, filename].compactMap(\.self)
        return parts.isEmpty ? "(none)" : parts.joined(separator: ", ")
    }
}

/// A source that the white list covers, with the entry in words.
package struct WhiteListing: Sendable, Hashable {
    package let source: String
    package let reason: String
}

/// What is counted for one active response.
struct ResponseTally: Sendable {
    let definition: ActiveResponseDefinition
    var fired = 0
    var runs = 0
    var prolonged = 0
    var lengthened = 0
    /// When the first alert was raised for which it fired, in unix milliseconds; nil when no alert told.
    var first: Int64?
    var last: Int64?
    var targets = Tally<ReplayTarget>()
    var machines = Tally<Target>()
    var whiteListed = Tally<WhiteListing>()
    var reasons = Tally<String>(limit: 1000)

    init(_ definition: ActiveResponseDefinition) {
        self.definition = definition
    }

    mutating func note(time: Int64?) {
        guard let time else { return }
        first = min(first ?? time, time)
        last = max(last ?? time, time)
    }
}
