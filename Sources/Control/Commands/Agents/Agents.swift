import ArgumentParser

struct Agents: VerbGroup {
    static let configuration = CommandConfiguration(
        abstract: "Shows and removes agents.", subcommands: [List.self, Show.self, Remove.self])
}

extension Agents {
    struct List: ControlCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the enrolled agents.")

        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(.get(["agents"]), as: [AgentAnswer].self) { agents in
                var table = Table(["ID", "NAME", "IP", "STATUS", "LAST SEEN", "VERSION"])
                for agent in agents {
                    table.add([
                        agent.id, agent.name, agent.ip, agent.status, session.times.text(agent.lastSeen),
                        agent.version,
                    ])
                }
                return table.text
            }
        }
    }

    struct Show: ControlCommand {
        static let configuration = CommandConfiguration(abstract: "Shows one agent.")

        @Argument(help: ArgumentHelp("The agent's id or name.", valueName: "id"))
        var agent: String

        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(.get(["agents", agent]), as: AgentAnswer.self) { agent in
                var details = Details()
                details.add("id", agent.id)
                details.add("name", agent.name)
                details.add("ip", agent.ip)
                details.add("status", agent.status)
                details.add("last seen", session.times.text(agent.lastSeen))
                details.add("version", agent.version)
                return details.text
            }
        }
    }

    struct Remove: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes an agent; its certificate is worth nothing from then on.")

        @Argument(help: ArgumentHelp("The agent's id or name.", valueName: "id"))
        var agent: String

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(.delete(["agents", agent], json: hand.body), as: RemovalAnswer.self) { answer in
                "agent \(Terminal.safe(answer.id)) removed"
            }
        }
    }
}
