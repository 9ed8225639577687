import ConfigurationTree

/// `<api>`: who besides root reaches the control API.
package struct APIConfiguration: Sendable, Equatable {
    /// The TCP port of the API; nil when there is none.
    package private(set) var port: Int?
    package private(set) var localAddress = "0.0.0.0"
    /// The group whose members may open the control socket; nil for nobody but root.
    package private(set) var socketGroup: String?
    /// What they may do there.
    package private(set) var socketRole = ControlRole.viewer

    package init() {}

    mutating func read(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        let reader = SectionReader(
            section, known: ["port", "local_ip", "socket_group", "socket_role"], diagnostics: diagnostics)
        if let port = reader.integer("port", in: 1...65535) { self.port = port }
        if let address = reader.localAddress("local_ip") { localAddress = address }
        if let group = reader.nonEmpty("socket_group") { socketGroup = group }
        if let role = reader.choice("socket_role", of: ControlRole.self) { socketRole = role }
    }

    /// Reports what only makes sense beside something that is in none of the sections.
    func check(_ sections: [ConfigNode], _ diagnostics: Diagnostics) {
        let options = sections.filter { $0.name == "api" }.flatMap(\.children)
        for (name, needed, isThere) in [
            ("local_ip", "port", port != nil), ("socket_role", "socket_group", socketGroup != nil),
        ] where !isThere {
            guard let option = options.last(where: { $0.name == name }) else { continue }
            diagnostics.error(
                "\(option.label) means nothing without <\(needed)>; add that, or remove it", at: option.location)
        }
    }
}
