import ArgumentParser

struct Changes: ControlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists what was changed by hand that is about no single response, newest first.")

    @Option(help: ArgumentHelp("The most that are listed.", valueName: "count"))
    var limit = 100

    @OptionGroup var options: GlobalOptions

    func perform(in session: ControlSession) async throws(ControlError) {
        let request = ControlRequest.get(["changes"], query: [("limit", String(limit))])
        try await session.show(request, as: [ResponseAnswer.Event].self) { changes in
            var table = Table(["TIME", "EVENT", "DETAIL"])
            for change in changes { table.add([session.times.text(change.at), change.event, change.detail]) }
            return table.text
        }
    }
}
