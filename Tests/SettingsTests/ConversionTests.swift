import AgentSettings
import ConfigurationTree
import ManagerSettings
import Testing

/// Converting must not change what a daemon reads.
@Suite struct `Conversion` {
    private struct Loaded {
        let tidy: TidyConfiguration
        let meaning: String
        let lines: [String]
        let hasErrors: Bool

        init(manager text: String, _ format: ConfigurationFile.Format) {
            let diagnostics = Diagnostics()
            let sections = Self.sections(text, format, ManagerConfiguration.sectionNames, diagnostics)
            let configuration = ManagerConfiguration(sections: sections, diagnostics: diagnostics)
            self.init(sections, SettingsTests.meaning(of: configuration), diagnostics)
        }

        init(agent text: String, _ format: ConfigurationFile.Format) {
            let diagnostics = Diagnostics()
            let sections = Self.sections(text, format, AgentConfiguration.sectionNames, diagnostics)
            let configuration = AgentConfiguration(sections: sections, diagnostics: diagnostics)
            self.init(sections, SettingsTests.meaning(of: configuration), diagnostics)
        }

        private init(_ sections: [ConfigNode], _ meaning: String, _ diagnostics: Diagnostics) {
            tidy = TidyConfiguration(sections)
            self.meaning = meaning
            lines = diagnostics.all.map(\.description)
            hasErrors = diagnostics.hasErrors
        }

        private static func sections(
            _ text: String, _ format: ConfigurationFile.Format, _ names: [String], _ diagnostics: Diagnostics
        ) -> [ConfigNode] {
            ConfigurationFile.parse(Array(text.utf8), name: "f", format: format, diagnostics: diagnostics)
                .sections(named: names, diagnostics: diagnostics)
        }
    }

    /// To YAML, from there to XML and back to YAML, reading each.
    private func check(_ text: String, _ loaded: Loaded, load: (String, ConfigurationFile.Format) -> Loaded) {
        #expect(!loaded.hasErrors, "\(loaded.lines)\n\(text)")
        let yaml = load(loaded.tidy.yaml, .yaml)
        let xml = load(yaml.tidy.xml, .xml)
        #expect(yaml.meaning == loaded.meaning, "\(text)\n\(loaded.tidy.yaml)\n\(yaml.lines)")
        #expect(xml.meaning == loaded.meaning, "\(text)\n\(yaml.tidy.xml)\n\(xml.lines)")
        #expect(yaml.tidy == loaded.tidy)
        #expect(xml.tidy == loaded.tidy)
        #expect(xml.tidy.yaml == loaded.tidy.yaml)
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `of generated configurations keeps their meaning`(seed: UInt64) {
        var generated = GeneratedConfiguration(seed: seed)
        let xml = generated.xml()
        check(xml, Loaded(manager: xml, .xml)) { Loaded(manager: $0, $1) }
        let yaml = generated.yaml()
        check(yaml, Loaded(manager: yaml, .yaml)) { Loaded(manager: $0, $1) }
    }

    @Test(arguments: [SampleConfiguration.wazuhManager, SampleConfiguration.ossecServer])
    func `of a manager's ossec_conf keeps its meaning and drops what is not ours`(text: String) {
        let loaded = Loaded(manager: text, .xml)
        check(text, loaded) { Loaded(manager: $0, $1) }
        #expect(loaded.meaning.contains("firewall-drop"))
        #expect(Loaded(manager: loaded.tidy.yaml, .yaml).lines == [])
    }

    @Test(arguments: [SampleConfiguration.wazuhAgent, SampleConfiguration.ossecAgent])
    func `of an agent's ossec_conf keeps its meaning and drops what is not ours`(text: String) {
        let loaded = Loaded(agent: text, .xml)
        check(text, loaded) { Loaded(agent: $0, $1) }
        let notices = Loaded(agent: loaded.tidy.yaml, .yaml).lines.filter { $0.contains(": notice: ") }
        #expect(notices == [])
    }
}
