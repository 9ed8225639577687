import ArgumentParser

struct Send: ControlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Acts on an agent with a shipped script, whatever the configuration says.",
        usage: """
            edr-control send kill|kill-tree --agent <id|name|all> --pid <number>
            edr-control send delete --agent <id|name|all> --path <file> [--timeout <time>]
            edr-control send block-ip --agent <id|name|all> --ip <address> [--timeout <time>]
            edr-control send block-url --agent <id|name|all> --url <url> [--timeout <time>]
            edr-control send isolate --agent <id|name|all> [--allowed-ips <list>] [--timeout <time>]
            edr-control send restore --agent <id|name|all>
            """,
        discussion: """
            delete moves the file into quarantine. Without --timeout an action holds until it is undone by hand, with \
            "responses undo", "undo-all", or, for isolate, "send restore".
            """)

    @Argument(help: "kill, kill-tree, delete, block-ip, block-url, isolate or restore.")
    var action: Action

    @Option(help: ArgumentHelp("Where: an agent's id or name, or all.", valueName: "id"))
    var agent: String

    @Option(help: ArgumentHelp("The process to end.", valueName: "number"))
    var pid: Int?

    @Option(help: ArgumentHelp("The file to move into quarantine.", valueName: "file"))
    var path: String?

    @Option(help: ArgumentHelp("The address to block.", valueName: "address"))
    var ip: String?

    @Option(help: ArgumentHelp("The host name to block, or a URL of it.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("Who the isolated host may still talk to, between commas.", valueName: "list"))
    var allowedIps: String?

    @Option(help: ArgumentHelp("When it is undone: seconds, or 10s 5m 2h 1d 1w.", valueName: "time"))
    var timeout: SecondsArgument?

    @OptionGroup var hand: ByHandOptions
    @OptionGroup var options: GlobalOptions

    enum Action: String, ExpressibleByArgument, CaseIterable {
        case kill
        case killTree = "kill-tree"
        case delete
        case blockIP = "block-ip"
        case blockURL = "block-url"
        case isolate
        case restore
    }

    private struct Body: Encodable {
        let action: String
        let agent: String
        let pid: Int?
        let path: String?
        let ip: String?
        let url: String?
        let allowedIps: [String]?
        let timeoutSeconds: Int?
        let by: String?
        let reason: String?
    }

    func perform(in session: ControlSession) async throws(ControlError) {
        let body = Body(
            action: action.rawValue, agent: agent, pid: pid, path: path, ip: ip, url: url,
            allowedIps: allowedIps?.split(separator: ",").map(String.init), timeoutSeconds: timeout?.seconds,
            by: ByHandOptions.person, reason: hand.reason)
        try await session.show(.post(["actions"], json: body), as: CommandAnswer.self, text: \.table)
    }
}
