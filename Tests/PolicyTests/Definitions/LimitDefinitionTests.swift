import ConfigurationTree
import Policy
import Testing

@Suite struct `Limits and approval` {
    private static let head = """
        <command><name>c</name><executable>c</executable></command><active-response><command>c</command>\
        <location>local</location><level>7</level>
        """

    /// The options of the response begin at line 3, column 1.
    private func read(_ options: String) -> (response: ActiveResponseDefinition?, lines: [String]) {
        let (policy, diagnostics) = definition(edr("\(Self.head)\n\(options)\n</active-response>"))
        return (policy.responses.first, diagnostics.lines)
    }

    @Test func `every option is read, in XML and in YAML`() {
        let limits = ResponseLimits(runsPerMinute: 30, concurrent: 200, fleetShare: 10)
        let terms = ApprovalTerms(isRequired: true, deadline: .seconds(900), byDefault: .approve)
        let (xml, lines) = read(
            """
            <limits><runs_per_minute>30</runs_per_minute><concurrent>200</concurrent>
            <fleet_share>10%</fleet_share></limits><require_approval>yes</require_approval>
            <approval_deadline>15m</approval_deadline><approval_default>approve</approval_default>
            """)
        #expect(lines == [])
        #expect(xml?.limits == limits)
        #expect(xml?.approval == terms)
        let (yaml, diagnostics) = definition(
            """
            global: {limits: {runs_per_minute: 100}}
            command: [{name: c, executable: c}]
            active-response:
              - {command: c, location: local, level: 7, require_approval: true, approval_deadline: 15m,
                 approval_default: approve, limits: {runs_per_minute: 30, concurrent: 200, fleet_share: 10%}}
            """, as: .yaml)
        #expect(diagnostics.lines == [])
        #expect(yaml.responses.first?.limits == limits)
        #expect(yaml.responses.first?.approval == terms)
        #expect(yaml.limits == ResponseLimits(runsPerMinute: 100))
    }

    @Test func `without them nothing is limited and nobody is asked`() {
        let (response, _) = read("")
        #expect(response?.limits.isEmpty == true)
        #expect(response?.approval == ApprovalTerms(isRequired: false, deadline: .seconds(3600), byDefault: .deny))
    }

    @Test(arguments: [
        ("<limits><concurrent>0</concurrent></limits>", "f.conf:3:21: error"),
        ("<limits><fleet_share>10</fleet_share></limits>", "f.conf:3:22: error"),
        ("<limits><fleet_share>101%</fleet_share></limits>", "f.conf:3:22: error"),
        ("<limits><runs_per_minute>many</runs_per_minute></limits>", "f.conf:3:26: error"),
        ("<limits><runs_per_hour>5</runs_per_hour></limits>", "f.conf:3:9: error"),
        ("<limits></limits>", "f.conf:3:1: error"),
        ("<limits>10</limits>", "f.conf:3:9: error"),
        ("<approval_deadline>0</approval_deadline>", "f.conf:3:20: error"),
        ("<approval_default>yes</approval_default>", "f.conf:3:19: error"),
        ("<require_approval>maybe</require_approval>", "f.conf:3:19: error"),
    ])
    func `what is wrong is said with its place`(_ options: String, _ beginning: String) {
        let lines = read(options).lines
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(beginning) == true, "\(lines)")
    }

    /// Wazuh's `<global><limits>` is about events.
    @Test func `a limit on events per second is skipped with a notice`() {
        let (policy, diagnostics) = definition(
            "<ossec_config><global><limits><eps><maximum>10</maximum></eps></limits></global></ossec_config>")
        #expect(policy.limits.isEmpty)
        #expect(diagnostics.lines.count == 1)
        #expect(diagnostics.all.first?.severity == .notice)
    }

    @Test func `global limits of several sections add up, the last of one option counts`() {
        let (policy, diagnostics) = definition(
            edr(
                """
                <global><limits><concurrent>5</concurrent><runs_per_minute>1</runs_per_minute></limits></global>
                <global><limits><concurrent>6</concurrent></limits></global>
                """))
        #expect(diagnostics.lines == [])
        #expect(policy.limits == ResponseLimits(runsPerMinute: 1, concurrent: 6))
    }

    @Test(arguments: [(0, 1), (1, 1), (9, 1), (19, 1), (20, 2), (1000, 100)])
    func `a share is rounded down, and one agent is always allowed`(_ enrolled: Int, _ allowed: Int) {
        #expect(ResponseLimits(fleetShare: 10).agentsAllowed(enrolled: enrolled) == allowed)
        #expect(ResponseLimits().agentsAllowed(enrolled: enrolled) == nil)
    }
}
