package import Alerts
package import ConfigurationTree
package import Logging

/// The agent's own configuration: `etc/edr-agent.conf` or `.yaml` (INTERFACE.md, "ConfigurationTree").
package struct AgentConfiguration: Sendable, Equatable {
    /// The managers, in the order in which they are tried.
    package var servers: [ManagerAddress] = []
    /// `<active-response><disabled>yes`: orders are refused, with this as the reason.
    package var isDisabled = false
    /// Minutes for the second, third … offence of the same user or address; empty leaves that to the order.
    package var repeatedOffenders: [Int64] = []
    /// `<active-response><repeated_offenders_quiet>`: who did nothing for so long starts anew.
    package var quietTime = Duration.seconds(30 * 86_400)
    /// `<active-response><on_stop>`.
    package var onStop = OnStop.keep
    /// `<active-response><never_block>`: what is refused to be blocked.
    package var neverBlock = Set(VitalAddressKind.allCases)
    /// `<active-response><confirm>`: how long a response that may cut this host off has for showing that it does not.
    package var confirm = Duration.seconds(30)
    /// `<active-response><max_isolation>`: the longest time for such a response; nil for any.
    package var maximumIsolation: Duration?
    /// `<logging><level>`.
    package var logLevel: Logger.Level = .info

    /// The names under which the main file is looked for in `etc/`.
    package static let fileNames = ["edr-agent.conf", "edr-agent.yaml"]
    package static let sectionNames = ["client", "active-response", "logging"]

    /// The error of a configuration without a manager.
    package static let noManager =
        "no manager is configured; add <client><server><address>…</address></server></client>"

    /// Reads a configuration from a file, or from the usual place in `etc` when `file` is nil.
    ///
    /// - Returns: nil when there are errors; they are in `diagnostics`, all of them.
    package static func load(file: String?, etc: String, diagnostics: Diagnostics) -> AgentConfiguration? {
        let sections = sections(file: file, etc: etc, diagnostics: diagnostics)
        let configuration = AgentConfiguration(sections: sections, diagnostics: diagnostics)
        if configuration.servers.isEmpty, !diagnostics.hasErrors {
            diagnostics.error(noManager, at: .start(of: file ?? "\(etc)/\(fileNames[0])"))
        }
        return diagnostics.hasErrors ? nil : configuration
    }

    /// The sections that are the agent's, from a file or from the usual place in `etc` when `file` is nil.
    package static func sections(file: String?, etc: String, diagnostics: Diagnostics) -> [ConfigNode] {
        let all =
            if let file { ConfigurationFile.load(file, diagnostics: diagnostics) } else {
                ConfigurationFile.loadHome(etc: etc, mainNames: fileNames, diagnostics: diagnostics)
            }
        return all.sections(named: sectionNames, diagnostics: diagnostics)
    }

    /// Reads the agent's sections; the result is of use only when `diagnostics` has no errors then.
    package init(sections: [ConfigNode], diagnostics: Diagnostics) {
        var responses = ActiveResponseSettings()
        for section in sections {
            switch section.name {
            case "client": readClient(section, &responses, diagnostics)
            case "active-response": responses.read(section, diagnostics)
            default:
                let reader = SectionReader(section, known: ["level"], diagnostics: diagnostics)
                if let level = reader.choice("level", of: Logger.Level.self) { logLevel = level }
            }
        }
        isDisabled = responses.isDisabled ?? false
        onStop = responses.onStop ?? .keep
        repeatedOffenders = (responses.repeatedOffenders ?? []).map(Int64.init)
        if let time = responses.quietTime { quietTime = time }
        if let kinds = responses.neverBlock { neverBlock = kinds }
        if let confirm = responses.confirm { self.confirm = confirm }
        maximumIsolation = responses.maximumIsolation
    }

    private mutating func readClient(
        _ section: ConfigNode, _ responses: inout ActiveResponseSettings, _ diagnostics: Diagnostics
    ) {
        let reader = SectionReader(
            section, known: ["server", "server-ip", "server-hostname", "disable-active-response"],
            peers: PeerNames.clientOptions, diagnostics: diagnostics)
        for node in reader.all("server") { readServer(node, diagnostics) }
        // OSSEC's older form.
        for (word, _) in reader.words("server-ip") + reader.words("server-hostname") {
            servers.append(ManagerAddress(host: word, port: ManagerAddress.defaultPort))
        }
        if reader.flag("disable-active-response") == true { responses.isDisabled = true }
    }

    private mutating func readServer(_ node: ConfigNode, _ diagnostics: Diagnostics) {
        let server = SectionReader(
            node, known: ["address", "port"], peers: PeerNames.clientServerOptions, diagnostics: diagnostics)
        let port = server.integer("port", in: 1...65535)
        guard let address = server.required("address") else { return }
        // The port in a Wazuh agent's file is the one of Wazuh's manager, which speaks another protocol.
        if node.root == .ossec, let port = server.last("port") {
            diagnostics.notice(
                "\(port.label) in an <ossec_config> root is the one of Wazuh's or OSSEC's manager; "
                    + "\(ManagerAddress.defaultPort) is used", at: port.location)
        }
        let ours = node.root == .ossec ? nil : port
        servers.append(ManagerAddress(host: address, port: ours ?? ManagerAddress.defaultPort))
    }
}
