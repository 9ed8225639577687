import ActiveResponse
import ConfigurationTree
import Daemon
import Logging
import ManagerSettings
import TestSupport
import Testing

@testable import Manager

@Suite struct `Tidying the ledger up` {
    private func settings(_ text: String) throws -> LedgerConfiguration {
        let home = try TemporaryHome()
        try home.write("<edr_config><ledger>\(text)</ledger></edr_config>", to: "etc/edr-manager.conf")
        let configuration = ManagerConfiguration.load(
            file: nil, etc: home.path + "/etc", diagnostics: Diagnostics())
        return try #require(configuration).ledger
    }

    @Test func `makes room of reports without a response before it takes what others did`() async throws {
        let settings = try settings("<max_size>1M</max_size>")
        #expect(settings.maxSize == 1 << 20)
        try await withLedger(.sqlite) { fixture in
            let ledger = try await fixture.ledger
            let now = Timestamp.now()
            for number in 0..<50 {
                try await ledger.append([
                    .dispatch(.sample(number)),
                    .event(report(number, "finished", .done, sequence: UInt64(number + 1), at: now)),
                ])
            }
            for number in 100..<140 {
                var stray = try report(number, "finished", .done, sequence: UInt64(number), at: now + 3_600_000)
                stray.output = [UInt8](repeating: 0x61, count: 65_536)
                try await ledger.append([.event(stray)])
            }
            #expect(try await ledger.size().used > settings.maxSize)

            let (messages, message) = AsyncStream<String>.makeStream()
            let logger = Logger(label: "test") { _ in ListeningLogHandler { message.yield($0) } }
            let retention = Retention(ledger: ledger, settings: settings, status: .init(), logger: logger)
            let running = Task { try await retention.run() }
            for await text in messages where text.hasPrefix("Old responses were removed") { break }
            running.cancel()
            try await running.value

            #expect(try await ledger.counts() == [.done: 50])
            #expect(try await ledger.size().used <= settings.maxSize)
            #expect(retention.status.problem == nil)
        }
    }
}
