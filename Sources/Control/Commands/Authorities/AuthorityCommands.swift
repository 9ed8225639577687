import ArgumentParser

/// `edr-control ca`: the manager's certificate authority, and putting a new one in its place.
struct AuthorityCommands: VerbGroup {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "The manager's certificate authority, and a new one in its place.",
        subcommands: [Show.self, Rotate.self, Retire.self])

    @OptionGroup var options: GlobalOptions

    struct Show: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the authorities, and which agents still depend on the old one.")

        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(.get(["ca"]), as: AuthoritiesAnswer.self) { $0.text(session.times) }
        }
    }

    struct Rotate: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new authority; the old one stays good until it is retired.",
            discussion: """
                Agents are told to trust both and renew their certificates with the new one; those that are away do so \
                when they come back. "edr-control ca show" says where that stands, "edr-control ca retire" ends it.
                """)

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            let request = try ControlRequest.post(["ca", "rotate"], json: hand.body)
            try await session.show(request, as: AuthoritiesAnswer.self) { $0.text(session.times) }
        }
    }

    struct Retire: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends the old authority; what only it vouches for opens nothing any more.")

        @Flag(help: "Also when agents depend on it: they have to be enrolled anew.")
        var force = false

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        private struct Body: Encodable {
            let force: Bool
            let by: String?
            let reason: String?
        }

        func perform(in session: ControlSession) async throws(ControlError) {
            let body = Body(force: force, by: ByHandOptions.person, reason: hand.reason)
            try await session.show(.post(["ca", "retire"], json: body), as: RetirementAnswer.self) { answer in
                var lines = ["the old certificate authority is gone"]
                if answer.tokensRevoked > 0 {
                    lines.append("\(answer.tokensRevoked) enrollment tokens were made under it and were taken back")
                }
                if !answer.agentsLockedOut.isEmpty {
                    lines.append("to be enrolled anew: " + AuthoritiesAnswer.text(answer.agentsLockedOut))
                }
                return lines.joined(separator: "\n")
            }
        }
    }
}
