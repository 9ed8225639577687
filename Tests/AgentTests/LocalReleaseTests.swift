import ActiveResponse
import Logging
import TestSupport
import Testing

@testable import Agent

/// `edr-agent --release` with a real executor.
@Suite(.timeLimit(.minutes(5))) struct LocalReleaseTests {
    /// Claims this host; one that is told to abort says so, and ends when `go` is there.
    private static let script = """
        #!/bin/sh
        # edr: confirm
        read -r input
        case $input in *'"command":"delete"'*) exit ;; esac
        echo '{"version":1,"origin":{"name":"cut","module":"active-response"},"command":"check_keys",\
        "parameters":{"keys":["host"]}}'
        read -r answer
        case $answer in *abort*) : > "$EDR_HOME/aborted.new"; echo aborted > "$EDR_HOME/aborted" ;; *) exit ;; esac
        while test -d "$EDR_HOME" && ! test -e "$EDR_HOME/go"; do sleep 0.05; done

        """

    private func order(_ user: String) -> Order {
        Order(
            id: .of(alertIdentity: Array(user.utf8), activeResponse: "cut", agent: "001", action: "run"),
            command: "cut", activeResponse: "cut#1", executable: "cut", user: user, alertID: "1", ruleID: "2",
            agentName: "web-03", agentID: "001", timeout: 600, execTimeout: 60,
            scriptProtocol: Order.Convention.json.rawValue)
    }

    @Test func `it does not wait for one whose script was told to abort`() async throws {
        let home = try TemporaryHome()
        try home.addScript("cut", Self.script)
        let watch = ReleaseWatch()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var settings = ResponseExecutor.Configuration(home: home.path)
        settings.ownsAllChildren = false
        let executor = try ResponseExecutor(configuration: settings, logger: logger) { $0.forEach(watch.note) }
        let events = watch.events()
        try executor.start()
        let (first, second) = (order("a"), order("b"))
        executor.submit(first)
        for await event in events where event.dispatchID == first.id && event.kind == .active { break }
        executor.submit(second)
        try await FileLines.first(in: home.path + "/aborted", containing: "aborted")
        let undone = watch.events()
        async let outcome = LocalRelease(executor: executor, watch: watch, logger: logger).perform(for: .own)
        for await event in undone where event.dispatchID == first.id && event.kind == .undone { break }
        try home.write("", to: "go")
        let result = await outcome
        #expect(result.isDone)
        #expect(
            result.lines == [
                "response \(first.id) was undone", "response \(second.id) had nothing of its own in force",
            ])
        await executor.stop()
    }
}
