import ArgumentParser

struct Reload: ControlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has the manager read its configuration again; an invalid one changes nothing.")

    @OptionGroup var hand: ByHandOptions
    @OptionGroup var options: GlobalOptions

    func perform(in session: ControlSession) async throws(ControlError) {
        try await session.show(.post(["reload"], json: hand.body), as: ReloadAnswer.self) { answer in
            guard let sections = answer.restartNeededFor, !sections.isEmpty else { return "configuration reloaded" }
            let names = Terminal.safe(sections.joined(separator: ", "))
            return "configuration reloaded; what has changed in \(names) takes effect when edr-manager is restarted"
        }
    }
}
