import ActiveResponse
import Testing

@testable import Manager

@Suite struct `What a report means for the ledger` {
    private func state(_ report: ResponseEvent) -> DispatchState? {
        ReportTranslation.event(report, agent: "001", journal: "j").state
    }

    private func active(exitStatus: Int32?, signal: Int32? = nil, milliseconds: Int64?) -> ResponseEvent {
        var report = ResponseEvent(
            dispatchID: .of(alertIdentity: [], activeResponse: "", agent: "", action: ""),
            kind: .active, at: 0)
        report.exitStatus = exitStatus
        report.signal = signal
        report.durationMilliseconds = milliseconds
        return report
    }

    @Test func `a stateful run is active when it succeeded and failed when it did not`() {
        #expect(state(active(exitStatus: 0, milliseconds: 5)) == .active)
        #expect(state(active(exitStatus: 1, milliseconds: 5)) == .failed)
        #expect(state(active(exitStatus: nil, signal: 9, milliseconds: 5)) == .failed)
    }

    @Test func `a stateful run whose end nobody saw counts as active`() {
        #expect(state(active(exitStatus: nil, milliseconds: nil)) == .active)
    }
}
