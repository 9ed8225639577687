package import ConfigurationTree
package import Logging

/// One manager that the agent may connect to.
package struct ManagerAddress: Sendable, Equatable, CustomStringConvertible {
    /// The port of the manager when none is given (INTERFACE.md, `<remote><port>`).
    package static let defaultPort = 7514

    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, `HOST`, `[IPV6]:PORT` or a bare IPv6 address; nil when it is none of them.
    package init?(_ text: String) {
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: close)...]
            let host = String(text[text.index(after: text.startIndex)..<close])
            guard let port = Self.port(rest) else { return nil }
            self.init(host: host, port: port)
        } else if text.filter({ $0 == ":" }).count > 1 {
            self.init(host: text, port: Self.defaultPort)
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            guard let port = Self.port(text[colon...]) else { return nil }
            self.init(host: String(text[..<colon]), port: port)
        }
        if host.isEmpty { return nil }
    }

    private static func port(_ text: Substring) -> Int? {
        if text.isEmpty { return defaultPort }
        guard text.first == ":", let port = Int(text.dropFirst()), (1...65535).contains(port) else { return nil }
        return port
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// The agent's own configuration: `etc/edr-agent.conf` or `.yaml` (INTERFACE.md, "ConfigurationTree").
package struct AgentConfiguration: Sendable, Equatable {
    /// The managers, in the order in which they are tried.
    package var servers: [ManagerAddress] = []
    /// `<active-response><disabled>yes`: orders are refused, with this as the reason.
    package var isDisabled = false
    /// Minutes for the second, third … offence of the same user or address; empty leaves that to the order.
    package var repeatedOffenders: [Int64] = []
    /// `<logging><level>`.
    package var logLevel: Logger.Level = .info

    /// The names under which the main file is looked for in `etc/`.
    package static let fileNames = ["edr-agent.conf", "edr-agent.yaml"]
    static let sectionNames = ["client", "active-response", "logging"]

    /// Reads a configuration from a file, or from the usual place in `etc` when `file` is nil.
    ///
    /// - Returns: nil when there are errors; they are in `diagnostics`, all of them.
    package static func load(file: String?, etc: String, diagnostics: Diagnostics) -> AgentConfiguration? {
        let all =
            if let file { ConfigurationFile.load(file, diagnostics: diagnostics) } else {
                ConfigurationFile.loadHome(etc: etc, mainNames: fileNames, diagnostics: diagnostics)
            }
        let sections = all.sections(named: sectionNames, diagnostics: diagnostics)
        let configuration = AgentConfiguration(sections: sections, diagnostics: diagnostics)
        if configuration.servers.isEmpty, !diagnostics.hasErrors {
            diagnostics.error(
                "no manager is configured; add <client><server><address>…</address></server></client>",
                at: .start(of: file ?? "\(etc)/\(fileNames[0])"))
        }
        return diagnostics.hasErrors ? nil : configuration
    }

    init(sections: [ConfigNode], diagnostics: Diagnostics) {
        for section in sections {
            switch section.name {
            case "client": readClient(section, diagnostics)
            case "active-response": readActiveResponse(section, diagnostics)
            default:
                let reader = SectionReader(section, known: ["level"], diagnostics: diagnostics)
                if let level = reader.choice("level", of: Logger.Level.self) { logLevel = level }
            }
        }
    }

    private mutating func readClient(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        let reader = SectionReader(
            section, known: ["server"], peers: PeerNames.clientOptions, diagnostics: diagnostics)
        for node in reader.all("server") {
            let server = SectionReader(
                node, known: ["address", "port"], peers: PeerNames.clientServerOptions, diagnostics: diagnostics)
            let port = server.integer("port", in: 1...65535)
            guard let address = server.required("address") else { continue }
            // The port in a Wazuh agent's file is the one of Wazuh's manager, which speaks another protocol.
            let ours = node.root == .ossec ? nil : port
            servers.append(ManagerAddress(host: address, port: ours ?? ManagerAddress.defaultPort))
        }
    }

    private mutating func readActiveResponse(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        let reader = SectionReader(
            section, known: ["disabled", "repeated_offenders"], peers: PeerNames.activeResponseOptions,
            diagnostics: diagnostics)
        if let disabled = reader.flag("disabled") { isDisabled = disabled }
        if let minutes = reader.minutes("repeated_offenders") { repeatedOffenders = minutes.map(Int64.init) }
    }
}
