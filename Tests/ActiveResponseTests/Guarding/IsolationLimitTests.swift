import ActiveResponse
import TestSupport
import Testing

/// How long a response may hold that may cut the machine off.
@Suite(.timeLimit(.minutes(5))) struct IsolationLimitTests {
    private static let script = "#!/bin/sh\n# edr: confirm\necho $1 $EDR_TIMEOUT\n"

    /// Seconds for which a response with this timeout holds.
    private func held(
        _ timeout: Int64, limit: Duration?, script: String = script, offenders: [Int64] = []
    ) async throws -> Int? {
        let machine = try TestExecutor { $0.maximumIsolation = limit }
        let event = try await machine.run(script, order(1, address: nil, timeout: timeout, offenders: offenders))
        return event.text.split(separator: "\n").first.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    }

    @Test func `a limit bounds every timeout, also that of none`() async throws {
        #expect(try await held(0, limit: .seconds(60)) == 60)
        #expect(try await held(600, limit: .seconds(60)) == 60)
        #expect(try await held(30, limit: .seconds(60), offenders: [10]) == 30)
    }

    @Test func `without a limit no timeout is ten years`() async throws {
        #expect(try await held(0, limit: nil) == 315_360_000)
        #expect(try await held(600, limit: nil) == 600)
    }

    @Test func `other scripts are not bounded`() async throws {
        let plain = Self.script.replacing("# edr: confirm\n", with: "")
        #expect(try await held(600, limit: .seconds(60), script: plain) == 600)
        #expect(try await held(0, limit: .seconds(60), script: plain) == 0)
    }

    @Test func `it waits for the manager, and is undone where nobody reaches it`() async throws {
        let machine = try TestExecutor { $0.confirm = .seconds(1) }
        try machine.home.addScript("block", Self.script)
        machine.executor.submit(order(1, address: nil))
        let end = await machine.recorder.end(of: dispatch(1))
        #expect(end.kind == .failed && end.detail.contains("within 1 s"))
        #expect(await machine.executor.active().isEmpty)
    }
}
