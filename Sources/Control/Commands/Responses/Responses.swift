import ArgumentParser

struct Responses: VerbGroup {
    static let configuration = CommandConfiguration(
        abstract: "Shows responses, answers for those that are held, and takes them back.",
        subcommands: [List.self, Show.self, Undo.self, Cancel.self, Approve.self, Deny.self])
}

extension Responses {
    struct List: ControlCommand {
        static let configuration = CommandConfiguration(abstract: "Lists responses, newest first.")

        @Option(help: ArgumentHelp("Only those of this agent.", valueName: "id"))
        var agent: String?

        @Option(help: "Only those in this state: queued, active, done, failed, …")
        var state: String?

        @Option(help: ArgumentHelp("The most that are listed.", valueName: "count"))
        var limit = 100

        @OptionGroup var options: GlobalOptions

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
        }

        func perform(in session: ControlSession) async throws(ControlError) {
            let request = ControlRequest.get(
                ["responses"], query: [("agent", agent), ("state", state), ("limit", String(limit))])
            try await session.show(request, as: [ResponseAnswer].self) { responses in
                // Why it is held is of interest only then.
                let isHeld = state == "held"
                var table = Table(
                    ["ID", "CREATED", "STATE", "COMMAND", "AGENT", "RULE", "USER", "SRCIP"]
                        + (isHeld ? ["UNTIL", "THEN", "WHY"] : ["UNDO DUE"]))
                for response in responses {
                    let facts = [
                        // Enough to tell them apart; every verb takes the beginning of an id.
                        String(response.id.prefix(12)), session.times.text(response.created), response.stateText,
                        response.command, response.agent, response.ruleId, response.user, response.srcip,
                    ]
                    // An undo that failed is due again at its next attempt.
                    let due =
                        session.times.text(response.undoRetry).map { $0 + " (retry)" }
                        ?? session.times.text(response.undoDue)
                    let hold = [session.times.text(response.heldUntil), response.heldDefault, response.heldReason]
                    table.add(facts + (isHeld ? hold : [due]))
                }
                return table.text
            }
        }
    }

    struct Show: ControlCommand {
        static let configuration = CommandConfiguration(abstract: "Tells the story of one response.")

        @Argument(help: "The response's id, or at least its first six digits.")
        var id: String

        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(.get(["responses", id]), as: ResponseAnswer.self) { response in
                ResponseStory(response: response, times: session.times).text
            }
        }
    }

    struct Undo: ControlCommand {
        static let configuration = CommandConfiguration(abstract: "Undoes an active response now.")

        @Argument(help: "The response's id, or at least its first six digits.")
        var id: String

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await ResponseChange(action: "undo", hand: hand).perform(on: id, in: session)
        }
    }

    struct Cancel: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a response back that has not reached its agent.")

        @Argument(help: "The response's id, or at least its first six digits.")
        var id: String

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await ResponseChange(action: "cancel", hand: hand).perform(on: id, in: session)
        }
    }

    struct Approve: ControlCommand {
        static let configuration = CommandConfiguration(abstract: "Lets held responses run.")

        @Argument(help: "The responses' ids, or at least their first six digits.")
        var ids: [String]

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await ResponseChange(action: "approve", hand: hand).perform(onEach: ids, in: session)
        }
    }

    struct Deny: ControlCommand {
        static let configuration = CommandConfiguration(abstract: "Takes held responses back; they never run.")

        @Argument(help: "The responses' ids, or at least their first six digits.")
        var ids: [String]

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await ResponseChange(action: "deny", hand: hand).perform(onEach: ids, in: session)
        }
    }
}
