import ArgumentParser

extension Enroll {
    struct Tokens: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tokens with which agents can enroll now; never their secrets.")

        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(.get(["enrollment-tokens"]), as: [ListedTokenAnswer].self) { tokens in
                var table = Table(["TOKEN", "AGENT", "NAME", "USES LEFT", "CREATED", "EXPIRES"])
                for token in tokens {
                    table.add([
                        token.tokenId, token.id, token.name, String(token.usesLeft),
                        session.times.text(token.created), session.times.text(token.expires),
                    ])
                }
                return table.text
            }
        }
    }

    struct Revoke: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a token back: nobody enrolls with it from then on.")

        @Argument(help: ArgumentHelp("The token's id, from the list of tokens.", valueName: "token-id"))
        var token: String

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(
                .delete(["enrollment-tokens", token], json: hand.body), as: RevokedTokenAnswer.self
            ) { answer in
                "token \(Terminal.safe(answer.tokenId)) revoked"
            }
        }
    }
}
