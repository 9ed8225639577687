import ArgumentParser

struct APITokens: VerbGroup {
    static let configuration = CommandConfiguration(
        commandName: "api-token", abstract: "Lets people and programs use the control API from elsewhere.",
        subcommands: [Create.self, List.self, Revoke.self])
}

extension APITokens {
    struct List: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tokens, also those that have expired; never their secrets.")

        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(.get(["api-tokens"]), as: [ListedAPITokenAnswer].self) { tokens in
                var table = Table(["NAME", "ROLE", "CREATED", "EXPIRES", "LAST USED", "FROM"])
                for token in tokens {
                    table.add([
                        token.name, token.role, session.times.text(token.created), session.times.text(token.expires),
                        session.times.text(token.lastUsed), token.lastAddress,
                    ])
                }
                return table.text
            }
        }
    }

    struct Revoke: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a token back: it opens nothing from then on.")

        @Argument(help: "The token's name.")
        var name: String

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(
                .delete(["api-tokens", name], json: hand.body), as: RevokedAPITokenAnswer.self
            ) { answer in
                "API token \(Terminal.safe(answer.name)) revoked"
            }
        }
    }
}
