import ActiveResponse
import NIOEmbedded
import Testing

@testable import Manager

@Suite struct `Link events` {
    private let events = LinkEvents()
    private let link = RemoteLink(agentID: "001", fingerprint: "x", channel: EmbeddedChannel())

    @Test func `come in the order in which they were sent, reports that follow each other as one`() async {
        for number in 1...3 { sendReport(UInt64(number)) }
        events.send(.heard(link))
        sendReport(4)
        #expect(await read() == ["1 2 3", "heard", "4"])
    }

    @Test func `gather reports until there are 256, and divide no batch`() async {
        for number in 1...300 { sendReport(UInt64(number)) }
        sendReport(1, times: 1000)
        sendReport(301)
        #expect(await read().map { $0.split(separator: " ").count } == [256, 1044, 1])
    }

    @Test func `wake whoever waits for them`() async {
        async let first = read()
        await Task.yield()
        sendReport(1)
        #expect(await first == ["1"])
        async let end = read()
        await Task.yield()
        events.finish()
        #expect(await end.isEmpty)
    }

    @Test func `that were sent before the end can be read after it, and later ones are dropped`() async {
        sendReport(1)
        events.finish()
        sendReport(2)
        #expect(await read() == ["1"])
        #expect(await read().isEmpty)
    }

    @Test func `are taken until the service is cancelled`() async throws {
        let fixture = try await AgentConnectionFixture()
        let service = Task { try await fixture.runPump() }
        fixture.events.send(.heard(link))
        service.cancel()
        try await service.value
        #expect(await fixture.events.next().isEmpty)
    }

    private func sendReport(_ number: UInt64, times: Int = 1) {
        let event = ResponseEvent(sequence: number, dispatchID: .zero, kind: .received, at: 1)
        let reports = Array(repeating: AgentReport.event(event), count: times)
        events.send(.reports([ReportBatch(agent: "001", link: link, reports: reports)]))
    }

    /// What waits, a text for each event: the numbers of reports.
    private func read() async -> [String] {
        await events.next().map { event in
            guard case .reports(let batches) = event else { return "heard" }
            return batches.flatMap(\.reports).map { "\($0.sequence)" }.joined(separator: " ")
        }
    }
}
