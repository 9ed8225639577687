/// A dispatch that an emitted alert has to cause.
package struct Expectation: Sendable, Equatable {
    package var alert: String
    package var activeResponse: String
    package var agent: String
    /// The timeout in nanoseconds; nil for a stateless response.
    package var timeout: Int64?
    /// When the alert's line was begun, by CLOCK_MONOTONIC in nanoseconds.
    package var emitted: Int64

    package init(alert: String, activeResponse: String, agent: String, timeout: Int64?, emitted: Int64) {
        self.alert = alert
        self.activeResponse = activeResponse
        self.agent = agent
        self.timeout = timeout
        self.emitted = emitted
    }
}
