/// A response as `edr-control -o json responses list` shows it.
package struct LedgerEntry: Sendable, Equatable {
    package var id: String
    package var state: String
    package var activeResponse: String
    package var agent: String
    package var alert: String
    /// In unix milliseconds.
    package var undoDue: Int64?
    /// The names of the events of `responses show`, in order; nil where it was not asked for.
    package var timeline: [String]?

    package init(
        id: String, state: String, activeResponse: String, agent: String, alert: String, undoDue: Int64? = nil,
        timeline: [String]? = nil
    ) {
        self.id = id
        self.state = state
        self.activeResponse = activeResponse
        self.agent = agent
        self.alert = alert
        self.undoDue = undoDue
        self.timeline = timeline
    }
}
