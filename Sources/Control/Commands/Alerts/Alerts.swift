import ArgumentParser
import Foundation

struct Alerts: VerbGroup {
    static let configuration = CommandConfiguration(
        abstract: "Tries alerts and configurations out, and processes alerts again.",
        subcommands: [Test.self, AlertsProcess.self, AlertsBacktest.self])
}

extension Alerts {
    struct Test: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows which responses would fire for an alert, where, and why each other one would not.")

        @Argument(help: ArgumentHelp("A file with one alert in JSON, or - for standard input.", valueName: "file"))
        var file: String

        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            try await session.show(
                .post(["alerts", "test"], body: read()), as: AlertTestAnswer.self, text: Self.text)
        }

        private func read() throws(ControlError) -> [UInt8] {
            do {
                // Not by `Data(contentsOf:)`: that refuses pipes, as in `alerts test <(command)`.
                let input = file == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(filePath: file))
                return Array(try input.readToEnd() ?? Data())
            } catch {
                throw .failed("cannot read \"\(file)\": \(error.localizedDescription)")
            }
        }

        static func text(_ answer: AlertTestAnswer) -> String {
            var table = Table(["ACTIVE RESPONSE", "COMMAND", "LOCATION", "FIRES", "AGENTS", "REASON"])
            for verdict in answer.responses {
                table.add([
                    verdict.activeResponse, verdict.command, verdict.location, verdict.fires ? "yes" : "no",
                    verdict.agents.joined(separator: ","), verdict.reason,
                ])
            }
            return "alert \(Terminal.safe(answer.alertId))\n\n" + table.text
        }
    }
}
