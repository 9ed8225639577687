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
            <logging><level>debug</level></logging>
            <alert_source><location>/b/alerts.json</location></alert_source></edr_config>
            """
        ).configuration
        #expect(new.sectionsFixedAtStart(changedSince: old) == ["remote", "alert_source", "manager", "logging"])
    }
}
