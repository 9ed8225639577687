import Foundation
import TestSupport
import Testing

/// A manager and an agent on two machines (network namespaces) with a cable between them, and the shipped `isolate`.
@Suite(.enabled(if: NetworkNamespace.isPossible, "needs root and network namespaces"))
struct `Isolation` {
    private static let policy = """
        <command><name>isolate</name><executable>isolate</executable><timeout_allowed>yes</timeout_allowed></command>
        """

    /// The two machines: the manager on 10.78.0.1, the agent on 10.78.0.2; a third address, 10.78.0.3, is the manager's
    /// machine too.
    private final class Site: Sendable {
        let managerSide: NetworkNamespace
        let host: NetworkNamespace
        let fleet: Fleet
        let home: TemporaryHome
        let manager: DaemonProcess

        /// - Parameter options: what stands in the agent's `<active-response>`.
        init(options: String = "<confirm>3s</confirm>") async throws {
            let managerSide = try NetworkNamespace()
            let host = try NetworkNamespace()
            try managerSide.connect("m0", to: host, "h0")
            try managerSide.configure("addr add 10.78.0.1/24 dev m0\naddr add 10.78.0.3/24 dev m0\nlink set m0 up")
            try host.configure("addr add 10.78.0.2/24 dev h0\nlink set h0 up")
            let fleet = try Fleet(policy: `Isolation`.policy)
            try fleet.listen(on: "0.0.0.0", policy: `Isolation`.policy)
            self.managerSide = managerSide
            self.host = host
            self.fleet = fleet
            manager = try managerSide.inside { try DaemonProcess("edr-manager", ["--home", fleet.managerHome.path]) }
            try await manager.line(containing: "Manager is ready")
            home = try TemporaryHome()
            let token = try fleet.control("enroll", "token").output
            let enrolled = try host.run(
                DaemonProcess.binaries + "/edr-agent",
                ["--home", home.path, "--enroll", "-", "--manager", "10.78.0.1:\(fleet.port)", "--name", "web-03"],
                input: token)
            guard enrolled.status == 0 else { throw NotSeen("enrollment failed: \(enrolled.errors)") }
            try home.write(
                """
                <edr_config>
                  <client><server><address>10.78.0.1</address><port>\(fleet.port)</port></server></client>
                  <active-response>\(options)</active-response>
                </edr_config>

                """, to: "etc/edr-agent.conf")
            for script in ["isolate", "lib"] {
                let copied = try ShellCommand.run(
                    "/bin/cp",
                    ["-a", "\(Repository.path)/active-response/bin/\(script)", home.path + "/active-response/bin/"])
                guard copied.status == 0 else { throw NotSeen(copied.errors) }
            }
        }

        func startAgent() async throws -> DaemonProcess {
            let path = home.path
            let agent = try host.inside { try DaemonProcess("edr-agent", ["--home", path]) }
            try await agent.line(containing: "Connected to the manager")
            return agent
        }

        /// Orders an isolation by hand; its id.
        func isolate(_ more: String...) throws -> String {
            let result = try ShellCommand.run(
                DaemonProcess.binaries + "/edr-control",
                ["--home", fleet.managerHome.path, "-o", "json", "run", "isolate", "--agent", "001"] + more)
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            guard let responses = object?["responses"] as? [[String: Any]], let id = responses.first?["id"] as? String
            else { throw NotSeen("\(result)") }
            return id
        }

        func details(_ id: String) throws -> [String: Any] {
            try fleet.controlJSON("responses", "show", id) as? [String: Any] ?? [:]
        }

        /// Waits until a response is in a state.
        func await(_ id: String, _ state: String, within seconds: Int = 90) async throws {
            for _ in 0..<(seconds * 10) {
                if try details(id)["state"] as? String == state { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw NotSeen("\(state) of \(try details(id)); agent's rules: \(try host.shell("nft list ruleset"))")
        }

        var isIsolated: Bool {
            get throws { try host.shell("nft list ruleset").contains("edr_isolation") }
        }
    }

    @Test func `stays when the manager is reached through it, and survives a crash`() async throws {
        let site = try await Site()
        let agent = try await site.startAgent()
        let id = try site.isolate("--timeout", "600")
        try await agent.line(containing: "Manager is reached through")
        try await site.await(id, "active")
        #expect(try site.isIsolated)
        #expect(site.home.text(of: "var/isolation.nft")?.contains("10.78.0.1") == true)
        await agent.crash()
        let next = try await site.startAgent()
        // The confirmation is in the journal: past its time nothing happens.
        try await Task.sleep(for: .seconds(4))
        #expect(try site.isIsolated)
        #expect(try site.fleet.control("responses", "undo", id).status == 0)
        try await site.await(id, "undone")
        #expect(try !site.isIsolated)
        #expect(site.home.text(of: "var/isolation.nft") == nil)
        await next.stop()
        await site.manager.stop()
    }

    @Test(arguments: [false, true])
    func `is open to the manager when the agent's start brings it back`(hasExtra: Bool) async throws {
        let site = try await Site()
        var agent = try await site.startAgent()
        let id = try hasExtra ? site.isolate("--", "10.78.0.9") : site.isolate()
        try await site.await(id, "active")
        await agent.crash()
        try site.host.shell("nft delete table inet edr_isolation")
        agent = try await site.startAgent()
        // Whoever brought it back was not the one who had confirmed it.
        try await agent.line(containing: "Manager is reached through")
        #expect(try site.isIsolated)
        #expect(try site.host.shell("nft list set inet edr_isolation allowed4").contains("10.78.0.1"))
        #expect(site.home.text(of: "var/isolation.nft")?.contains("10.78.0.1") == true)
        // The link that is up is one through it.
        #expect(try site.fleet.control("responses", "undo", id).status == 0)
        try await site.await(id, "undone")
        await agent.stop()
        await site.manager.stop()
    }

    @Test(arguments: [false, true])
    func `is undone and failed when nothing gets through it any more`(crashes: Bool) async throws {
        let site = try await Site()
        // Somebody else's rules let the link live that is up, and nothing new.
        try site.host.shell(
            """
            sed -i 's/^read_allowed "\\$@"$/read_allowed "$@"/; s/firewall_add iptables || fail/sabotage; &/' \
                \(site.home.path)/active-response/bin/isolate
            sed -i '/^find_families$/a sabotage() { nft add table inet other; \
            nft "add chain inet other out { type filter hook output priority -5; }"; \
            nft add rule inet other out tcp dport \(site.fleet.port) tcp flags syn drop; }' \
                \(site.home.path)/active-response/bin/isolate
            """)
        var agent = try await site.startAgent()
        let id = try site.isolate("--timeout", "600")
        try await FileLines.first(in: site.home.path + "/logs/active-responses.log", containing: "\"command\":\"add\"")
        if crashes {
            await agent.crash()
            let path = site.home.path
            agent = try site.host.inside { try DaemonProcess("edr-agent", ["--home", path]) }
        }
        // After a crash there may be no time left to try.
        if !crashes { try await agent.line(containing: "Manager is not reached") }
        try await FileLines.first(
            in: site.home.path + "/logs/active-responses.log", containing: "\"command\":\"delete\"")
        #expect(try !site.isIsolated)
        // So that the report comes through where the link is gone.
        try site.host.shell("nft delete table inet other")
        try await site.await(id, "failed")
        let timeline = "\(try site.details(id))"
        #expect(timeline.contains("could not be reached through it within 3 s, so it was undone"), "\(timeline)")
        await agent.stop()
        await site.manager.stop()
    }

    @Test func `is undone when it is open to another address than the manager's`() async throws {
        let site = try await Site()
        try site.host.shell(
            "sed -i 's/^find_families$/EDR_MANAGER_ADDRESSES=10.78.0.3; &/' \(site.home.path)/active-response/bin/isolate"
        )
        let agent = try await site.startAgent()
        let id = try site.isolate()
        try await site.await(id, "failed")
        #expect(try !site.isIsolated)
        await agent.stop()
        await site.manager.stop()
    }

    @Test(arguments: [true, false])
    func `root on the host releases it, and the manager hears of it`(isRunning: Bool) async throws {
        let site = try await Site(options: "<confirm>3s</confirm><max_isolation>1h</max_isolation>")
        var agent = try await site.startAgent()
        let id = try site.isolate()
        try await site.await(id, "active")
        // Without a timeout it gets the longest one that is allowed.
        let due = try #require(try site.details(id)["undoDue"] as? String ?? site.details(id)["undo_due"] as? String)
        #expect(!due.isEmpty)
        if !isRunning { await agent.stop() }
        let released = try site.host.run(
            DaemonProcess.binaries + "/edr-agent", ["--home", site.home.path, "--release"])
        #expect(released.status == 0, "\(released)")
        #expect(released.output.contains("response \(id) was undone"), "\(released)")
        #expect(try !site.isIsolated)
        if !isRunning { agent = try await site.startAgent() }
        try await site.await(id, "undone")
        let timeline = "\(try site.details(id))"
        #expect(timeline.contains("edr-agent --release on the host (uid 0"), "\(timeline)")
        #expect(site.home.text(of: "logs/edr-agent.log")?.contains("Release of this host was asked for") == true)
        let again = try site.host.run(DaemonProcess.binaries + "/edr-agent", ["--home", site.home.path, "--release"])
        #expect(again.status == 0 && again.output.contains("nothing that cuts this host off"), "\(again)")
        let foreign = try site.host.run(
            "/usr/bin/setpriv",
            ["--reuid", "65534", DaemonProcess.binaries + "/edr-agent", "--home", site.home.path, "--release"])
        #expect(foreign.status != 0, "\(foreign)")
        await agent.stop()
        await site.manager.stop()
        let verified = try ShellCommand.run(
            DaemonProcess.binaries + "/edr-control", ["--home", site.home.path, "audit", "verify"])
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(site.home.text(of: "logs/audit.log")?.contains("edr-agent --release on the host (uid 0") == true)
    }
}
