import ArgumentParser

struct Enroll: VerbGroup {
    static let configuration = CommandConfiguration(
        abstract: "Lets new agents in.", subcommands: [Token.self, Tokens.self, Revoke.self])
}

extension Enroll {
    struct Token: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token for edr-agent --enroll and prints it.")

        @Option(help: "The id that the agent gets (default: the next one).")
        var id: String?

        @Option(help: "The name that the agent gets (default: the one it asks for).")
        var name: String?

        @Option(help: ArgumentHelp("How long the token is valid: seconds, or 10s 5m 2h 1d 1w.", valueName: "time"))
        var ttl = SecondsArgument(seconds: 3_600)

        @Option(help: ArgumentHelp("How many agents may enroll with it.", valueName: "count"))
        var uses = 1

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        private struct Body: Encodable {
            let id: String?
            let name: String?
            let ttlSeconds: Int
            let uses: Int
            let by: String?
            let reason: String?
        }

        func validate() throws {
            guard ttl.seconds > 0 else { throw ValidationError("--ttl must be at least one second") }
            guard uses > 0 else { throw ValidationError("--uses must be at least 1") }
        }

        func perform(in session: ControlSession) async throws(ControlError) {
            let body = Body(
                id: id, name: name, ttlSeconds: ttl.seconds, uses: uses, by: ByHandOptions.person, reason: hand.reason)
            // The token alone, so that a shell can take it.
            try await session.show(.post(["enrollment-tokens"], json: body), as: TokenAnswer.self) { answer in
                if let warning = answer.warning {
                    session.console.complain("warning: " + Terminal.safe(warning))
                }
                return Terminal.safe(answer.token)
            }
        }
    }
}
