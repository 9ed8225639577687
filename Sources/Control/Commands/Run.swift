import ArgumentParser

struct Run: ControlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a command on an agent, as a response would.",
        usage: "edr-control run <command> --agent <id|name|all> [<options>] [-- <extra args> ...]")

    @Argument(help: "The name of a configured command.")
    var command: String

    @Option(help: ArgumentHelp("Where: an agent's id or name, or all.", valueName: "id"))
    var agent: String

    @Option(help: ArgumentHelp("The address the command is about.", valueName: "ip"))
    var srcip: String?

    @Option(help: ArgumentHelp("The user the command is about.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("The file the command is about.", valueName: "path"))
    var filename: String?

    @Option(help: ArgumentHelp("When it is undone: seconds, or 10s 5m 2h 1d 1w.", valueName: "time"))
    var timeout: SecondsArgument?

    @Argument(parsing: .postTerminator, help: "Extra arguments for the script.")
    var arguments: [String] = []

    @OptionGroup var hand: ByHandOptions
    @OptionGroup var options: GlobalOptions

    private struct Body: Encodable {
        let command: String
        let agent: String
        let srcip: String?
        let user: String?
        let filename: String?
        let timeoutSeconds: Int?
        let arguments: [String]?
        let by: String?
        let reason: String?
    }

    func perform(in session: ControlSession) async throws(ControlError) {
        let body = Body(
            command: command, agent: agent, srcip: srcip, user: user, filename: filename,
            timeoutSeconds: timeout?.seconds, arguments: arguments.isEmpty ? nil : arguments,
            by: ByHandOptions.person, reason: hand.reason)
        try await session.show(.post(["commands"], json: body), as: CommandAnswer.self, text: \.table)
    }
}
