import Alerts
package import ConfigurationTree
package import Logging
package import Policy

/// The manager's configuration: `etc/edr-manager.conf` or `.yaml` and `etc/conf.d` (INTERFACE.md, "ConfigurationTree").
package struct ManagerConfiguration: Sendable {
    /// The names under which the main file is looked for in `etc/`.
    package static let fileNames = ["edr-manager.conf", "edr-manager.yaml"]
    /// The sections that are ours.
    package static let sectionNames =
        PolicyDefinition.sectionNames + ["remote", "alert_source", "logging", "manager", "ledger", "api"]

    /// The warning about a configuration without any alert source.
    package static let noSource =
        "no alert source is configured: no file is followed, and alerts come only by POST /v1/alerts; add "
        + "<alert_source><location>/var/ossec/logs/alerts/alerts.json</location></alert_source> in an <edr_config> root"

    /// The TCP port for agents.
    package private(set) var port = 7514
    /// How long agents' certificates are good, in seconds; they renew them when a third of it is left.
    package private(set) var certificateLifetime: Int64 = 90 * 24 * 3600
    /// The address on which agents are awaited.
    package private(set) var localAddress = "0.0.0.0"
    package private(set) var sources: [AlertSourceConfiguration] = []
    /// `<manager><name>`: what scripts see as `origin.name`, and agent `000` is called; nil for the host name.
    package private(set) var name: String?
    package private(set) var logLevel: Logger.Level = .info
    package private(set) var ledger = LedgerConfiguration()
    package private(set) var api = APIConfiguration()
    package let policy: PolicyDefinition

    /// Reads a configuration from a file, or from the usual place in `etc` when `file` is nil.
    ///
    /// - Returns: nil when there are errors; they are in `diagnostics`, all of them.
    package static func load(file: String?, etc: String, diagnostics: Diagnostics) -> ManagerConfiguration? {
        let sections = sections(file: file, etc: etc, diagnostics: diagnostics)
        let configuration = ManagerConfiguration(sections: sections, diagnostics: diagnostics)
        if configuration.sources.isEmpty, !diagnostics.hasErrors {
            diagnostics.warning(noSource, at: .start(of: file ?? sections.first?.location.file ?? etc))
        }
        return diagnostics.hasErrors ? nil : configuration
    }

    /// The sections that are the manager's, from a file or from the usual place in `etc` when `file` is nil.
    package static func sections(file: String?, etc: String, diagnostics: Diagnostics) -> [ConfigNode] {
        let all =
            if let file { ConfigurationFile.load(file, diagnostics: diagnostics) } else {
                ConfigurationFile.loadHome(etc: etc, mainNames: fileNames, diagnostics: diagnostics)
            }
        return all.sections(named: sectionNames, diagnostics: diagnostics)
    }

    /// Reads the manager's sections; the result is of use only when `diagnostics` has no errors then.
    package init(sections: [ConfigNode], diagnostics: Diagnostics) {
        policy = PolicyDefinition(sections: sections, diagnostics: diagnostics)
        for section in sections {
            switch section.name {
            case "remote": readRemote(section, diagnostics)
            case "alert_source": readSource(section, diagnostics)
            case "logging":
                let reader = SectionReader(section, known: ["level"], diagnostics: diagnostics)
                if let level = reader.choice("level", of: Logger.Level.self) { logLevel = level }
            case "manager":
                let reader = SectionReader(section, known: ["name"], diagnostics: diagnostics)
                if let name = reader.nonEmpty("name") { self.name = name }
            case "ledger": ledger.read(section, diagnostics)
            case "api": api.read(section, diagnostics)
            default: break
            }
        }
        api.check(sections, diagnostics)
        var seen: Set<String> = []
        for source in sources where !seen.insert(source.name).inserted {
            diagnostics.error(
                "the alert source \(quoted(source.name)) is given twice; remove one, or give one a <name> of its own",
                at: source.sourceLocation)
        }
    }

    /// The sections that only a start takes over and that say something else here than in `other`.
    package func sectionsFixedAtStart(changedSince other: ManagerConfiguration) -> [String] {
        [
            (
                "remote",
                port != other.port || localAddress != other.localAddress
                    || certificateLifetime != other.certificateLifetime
            ),
            // Where in its file a source stands does not matter.
            ("alert_source", sources.map(\.reading) != other.sources.map(\.reading)),
            ("manager", name != other.name), ("logging", logLevel != other.logLevel),
            ("ledger", ledger != other.ledger), ("api", api != other.api),
            (
                "repeated_offenders of the manager",
                policy.managerRepeatedOffenders != other.policy.managerRepeatedOffenders
                    || policy.managerQuietTime != other.policy.managerQuietTime
            ),
            ("never_block of the manager", policy.managerNeverBlock != other.policy.managerNeverBlock),
        ].filter(\.1).map(\.0)
    }

    /// As long as the authority's own certificate is good.
    private static let longestCertificateLifetime: Int64 = 3650 * 24 * 3600

    private mutating func readRemote(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        let reader = SectionReader(
            section, known: ["port", "local_ip", "certificate_lifetime"], diagnostics: diagnostics)
        if let port = reader.integer("port", in: 1...65535) { self.port = port }
        if let node = reader.last("certificate_lifetime"),
            let lifetime = reader.duration("certificate_lifetime", atLeast: .seconds(3600))
        {
            if lifetime <= .seconds(Self.longestCertificateLifetime) {
                certificateLifetime = lifetime.components.seconds
            } else {
                reader.invalid(node, "expected 1h to 3650d")
            }
        }
        if let address = reader.localAddress("local_ip") { localAddress = address }
    }

    private mutating func readSource(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        let reader = SectionReader(
            section, known: ["type", "format", "location", "name", "start"], diagnostics: diagnostics)
        _ = reader.choice("type", of: AlertSourceConfiguration.Kind.self)
        let format = reader.choice("format", of: AlertFormat.self) ?? .wazuh
        let start = reader.choice("start", of: AlertSourceConfiguration.Start.self) ?? .end
        guard let path = reader.required("location"), let node = reader.last("location") else { return }
        guard path.hasPrefix("/"), !path.hasSuffix("/") else {
            return reader.invalid(node, "expected the absolute path of a file")
        }
        sources.append(
            AlertSourceConfiguration(
                name: reader.nonEmpty("name") ?? "file:\(path)", path: path, format: format, start: start,
                sourceLocation: section.location))
    }
}
