/// Everything that is known after a drill.
package struct Evidence: Sendable {
    package var expectations: [Expectation] = []
    package var runs: [RecordedRun] = []
    package var ledger: [LedgerEntry] = []
    package var outages: [Outage] = []
    package var torn: [TornRecord] = []
    /// How slow the machine was: see ``Canary``.
    package var canaries: [Canary] = []
    /// For each agent the dispatches that its journal holds as not over, read after all programs were stopped.
    package var open: [String: Set<String>] = [:]
    /// The end: when the ledger was read, in unix milliseconds.
    package var endWall: Int64 = 0
    /// Programs that ended without having been killed, in words.
    package var deaths: [String] = []

    package init() {}
}
