import ArgumentParser

struct Reload: ControlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has the manager read its configuration again; an invalid one changes nothing.")

    @OptionGroup var options: GlobalOptions

    func perform(in session: ControlSession) async throws(ControlError) {
        try await session.show(.post(["reload"]), as: ReloadAnswer.self) { _ in "configuration reloaded" }
    }
}
