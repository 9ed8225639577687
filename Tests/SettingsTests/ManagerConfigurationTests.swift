import Alerts
import ConfigurationTree
import ManagerSettings
import TestSupport
import Testing

/// What the manager says about its configuration as a whole.
@Suite struct ManagerConfigurationTests {
    private func load(
        _ home: TemporaryHome, _ text: String
    ) throws -> (configuration: ManagerConfiguration, lines: [String]) {
        try home.write(text, to: "etc/edr-manager.conf")
        let diagnostics = Diagnostics()
        let configuration = ManagerConfiguration.load(file: nil, etc: home.path + "/etc", diagnostics: diagnostics)
        return (try #require(configuration), diagnostics.all.map(\.description))
    }

    private let source = "<alert_source><location>/a/alerts.json</location></alert_source>"

    @Test func `a configuration without an alert source is warned about`() throws {
        let home = try TemporaryHome()
        let (_, lines) = try load(home, "<ossec_config></ossec_config>")
        #expect(lines.count == 1)
        #expect(lines.first?.contains("warning: no alert source is configured") == true)
        #expect(try load(home, "<edr_config>\(source)</edr_config>").lines == [])
    }

    @Test func `what only a start takes over is named`() throws {
        let home = try TemporaryHome()
        let old = try load(home, "<edr_config>\(source)</edr_config>").configuration
        let moved = try load(home, "<edr_config>\n\n  \(source)</edr_config>").configuration
        #expect(moved.sectionsFixedAtStart(changedSince: old) == [])
        let new = try load(
            home,
            """
            <edr_config><remote><port>7</port></remote><manager><name>m</name></manager>
            <logging><level>debug</level></logging><ledger><keep>1d</keep></ledger><api><port>7</port></api>
            <active-response><never_block><gateway>no</gateway></never_block></active-response>
            <alert_source><location>/b/alerts.json</location></alert_source></edr_config>
            """
        ).configuration
        #expect(
            new.sectionsFixedAtStart(changedSince: old) == [
                "remote", "alert_source", "manager", "logging", "ledger", "api", "never_block of the manager",
            ])
    }

    @Test func `the API has no port and the socket no group unless something else is said`() throws {
        let home = try TemporaryHome()
        let usual = try load(home, "<edr_config>\(source)</edr_config>").configuration.api
        #expect(usual.port == nil && usual.socketGroup == nil)
        let own = try load(
            home,
            """
            <edr_config>\(source)<api><local_ip>::1</local_ip></api><api><port>7515</port>
            <socket_group>edr</socket_group><socket_role>operator</socket_role></api></edr_config>
            """
        ).configuration.api
        #expect(own.port == 7515 && own.localAddress == "::1")
        #expect(own.socketGroup == "edr" && own.socketRole == .operator)
        #expect(
            try load(home, "<edr_config>\(source)<api><port>1</port></api></edr_config>").configuration.api.socketRole
                == .viewer)
    }

    @Test(arguments: [
        "<port>0</port>", "<port>1</port><local_ip>here</local_ip>", "<local_ip>::1</local_ip>",
        "<socket_role>viewer</socket_role>", "<socket_group>g</socket_group><socket_role>root</socket_role>",
        "<token>t</token>",
    ])
    func `what means nothing to the API is an error`(option: String) throws {
        let home = try TemporaryHome()
        try home.write("<edr_config>\(source)<api>\(option)</api></edr_config>", to: "etc/edr-manager.conf")
        let diagnostics = Diagnostics()
        #expect(
            ManagerConfiguration.load(file: nil, etc: home.path + "/etc", diagnostics: diagnostics) == nil)
    }

    @Test func `the ledger keeps thirty days and two gibibytes unless something else is said`() throws {
        let home = try TemporaryHome()
        let usual = try load(home, "<edr_config>\(source)</edr_config>").configuration.ledger
        #expect(usual.keep == .seconds(30 * 86_400))
        #expect(usual.maxSize == 2 << 30)
        let own = try load(
            home, "<edr_config>\(source)<ledger><keep>12h</keep><max_size>500M</max_size></ledger></edr_config>"
        ).configuration.ledger
        #expect(own.keep == .seconds(43_200))
        #expect(own.maxSize == 500 << 20)
    }

    @Test(arguments: ["<keep>0</keep>", "<max_size>1023K</max_size>", "<max_size>2 G</max_size>", "<max>2G</max>"])
    func `what no ledger can do is an error`(option: String) throws {
        let home = try TemporaryHome()
        try home.write("<edr_config>\(source)<ledger>\(option)</ledger></edr_config>", to: "etc/edr-manager.conf")
        let diagnostics = Diagnostics()
        #expect(ManagerConfiguration.load(file: nil, etc: home.path + "/etc", diagnostics: diagnostics) == nil)
        #expect(diagnostics.all.count == 1)
    }

    @Test func `a source says whose alerts are in it`() throws {
        let home = try TemporaryHome()
        func load(format: String) throws -> (configuration: ManagerConfiguration, lines: [String]) {
            let source = source.replacing("<location>", with: "<format>\(format)</format><location>")
            return try self.load(home, "<edr_config>\(source)</edr_config>")
        }
        let plain = try self.load(home, "<edr_config>\(source)</edr_config>").configuration
        #expect(plain.sources.map(\.format) == [.wazuh])
        let ossec = try load(format: "ossec")
        #expect(ossec.configuration.sources.map(\.format) == [.ossec])
        #expect(ossec.lines == [])
        #expect(ossec.configuration.sectionsFixedAtStart(changedSince: plain) == ["alert_source"])
        try home.write(
            "<edr_config>\(source.replacing("<location>", with: "<format>osec</format><location>"))</edr_config>",
            to: "etc/edr-manager.conf")
        let diagnostics = Diagnostics()
        #expect(ManagerConfiguration.load(file: nil, etc: home.path + "/etc", diagnostics: diagnostics) == nil)
        #expect(diagnostics.all.count == 1)
        let wrong = try #require(diagnostics.all.first?.description)
        #expect(wrong.hasSuffix("element 'format': 'osec'. Expected wazuh, ossec; did you mean 'ossec'?"))
    }
}
