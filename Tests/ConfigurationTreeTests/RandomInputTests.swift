import ConfigurationTree
import Testing

/// A reader of hostile or damaged files must neither crash nor hang, and must say where it stumbled.
@Suite struct `Random input` {
    static let xml = [
        "<", ">", "/", "</", "/>", "<!", "<!--", "-->", "!>", "<?", "?>", "=", "\"", "'", "&", "&amp;", ";", "\\",
        "\\<",
        " ", "\n", "\r", "\t", "a", "b1", "edr_config", "ossec_config", "<edr_config>", "</edr_config>", "<a>", "</a>",
        "<global>", "</global>", "é", "\u{FEFF}", "\u{0}", "<![CDATA[", "]]>", "<!DOCTYPE",
    ]
    static let yaml = [
        ":", ": ", "- ", "-", "\n", "\n  ", "\n    ", "\t", "[", "]", "{", "}", ",", "&a ", "*a", "!x ", "!!str ", "|",
        ">",
        "'", "\"", "\\", "#", "---\n", "...\n", "%YAML 1.1\n", "? ", "a", "b", "null", "~", "1", "é", "\u{FEFF}",
        "\u{0}",
        "<<: ", "@", "`",
    ]

    @Test(arguments: [ConfigurationFile.Format.xml, .yaml])
    func `sequences of meaningful pieces`(format: ConfigurationFile.Format) {
        let pieces = format == .xml ? Self.xml : Self.yaml
        for _ in 0..<4000 {
            let text = (0..<Int.random(in: 0...40)).map { _ in pieces.randomElement() ?? "" }.joined()
            check(Array(text.utf8), format)
        }
    }

    @Test(arguments: [ConfigurationFile.Format.xml, .yaml])
    func `random bytes`(format: ConfigurationFile.Format) {
        for _ in 0..<2000 {
            check((0..<Int.random(in: 0...64)).map { _ in UInt8.random(in: 0...255) }, format)
        }
    }

    @Test(arguments: [ConfigurationFile.Format.xml, .yaml])
    func `a good file with one damaged place`(format: ConfigurationFile.Format) {
        let good = Array((format == .xml ? Fixtures.wazuhAgent : Fixtures.yaml).utf8)
        for _ in 0..<200 {
            var bytes = good
            let place = Int.random(in: 0..<bytes.count)
            switch Int.random(in: 0...2) {
            case 0: bytes.remove(at: place)
            case 1: bytes[place] = UInt8.random(in: 0...255)
            default: bytes.removeSubrange(place..<min(bytes.count, place + 30))
            }
            check(bytes, format)
        }
    }

    /// Every place lies inside the file, every message is one line.
    private func check(_ bytes: [UInt8], _ format: ConfigurationFile.Format) {
        let diagnostics = Diagnostics()
        let sections = ConfigurationFile.parse(bytes, name: "f", format: format, diagnostics: diagnostics)
            .sections(named: ["global", "a"], diagnostics: diagnostics)
        for section in sections {
            _ = SectionReader(section, known: ["b"], diagnostics: diagnostics).integer("b", in: 0...1)
        }
        // YAML has more kinds of line breaks than the newline.
        let breaks = bytes.count(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0x85 || $0 == 0xA8 || $0 == 0xA9 })
        for diagnostic in diagnostics.all {
            let location = diagnostic.location
            #expect(location.map { (1...(breaks + 1)).contains($0.line) && $0.column >= 1 } == true, "\(bytes)")
            let isOneLine = !diagnostic.description.contains { $0.isNewline }
            #expect(isOneLine, "\(bytes)")
        }
    }
}
