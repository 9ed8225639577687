import ArgumentParser
import Audit
import Daemon
import Foundation

struct AuditCommands: VerbGroup {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Checks the record of what was done.", subcommands: [Verify.self])
}

extension AuditCommands {
    struct Verify: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that nothing in the record was changed, removed or put in.",
            discussion: """
                Reads the files of the home, of a manager (var/manager.db) or of an agent (logs/audit.log); the daemon may \
                run or not. Exit status: 0 when everything fits; 1 when something does not, with the first place.
                """)

        @OptionGroup var options: GlobalOptions

        func perform(in session: ControlSession) async throws(ControlError) {
            let home = Home.resolve(option: options.home)
            let report: AuditReport
            do throws(AuditError) {
                report = try Self.verify(home)
            } catch {
                throw .failed(error.description)
            }
            switch session.format {
            case .json: session.console.print(try Self.json(report))
            case .human: session.console.print(Self.text(report, times: session.times))
            }
            if let finding = report.finding { throw .failed("the audit record does not fit at \(finding)") }
        }

        private static func verify(_ home: Home) throws(AuditError) -> AuditReport {
            if FileManager.default.fileExists(atPath: home.ledger) {
                return try LedgerVerifier(ledger: home.ledger, checkpoints: CheckpointLog(path: home.auditLog)).verify()
            }
            guard FileManager.default.fileExists(atPath: home.state + "/journal") else {
                throw AuditError(
                    "\"\(home.path)\" is the home of no manager and of no agent that ever ran; name one with --home")
            }
            return try AgentLogVerifier(home: home).verify()
        }

        static func text(_ report: AuditReport, times: LocalTime) -> String {
            var details = Details()
            details.add("records", String(report.records))
            details.add("removed with age", report.removed == 0 ? nil : String(report.removed))
            details.add("first", times.text(report.first))
            details.add("last", times.text(report.last))
            details.add("checkpoints", String(report.checkpoints))
            details.add("result", report.finding == nil ? "everything fits" : "it does not fit")
            return details.text
        }

        private struct Document: Encodable {
            struct Finding: Encodable {
                let sequence: Int64
                let dispatchId: String?
                let problem: String
            }
            let whole: Bool
            let records: Int
            let removed: Int
            let checkpoints: Int
            let first: String?
            let last: String?
            let finding: Finding?
        }

        private static func json(_ report: AuditReport) throws(ControlError) -> String {
            let document = Document(
                whole: report.finding == nil, records: report.records, removed: report.removed,
                checkpoints: report.checkpoints, first: report.first, last: report.last,
                finding: report.finding.map {
                    .init(sequence: $0.sequence, dispatchId: $0.dispatch, problem: $0.problem)
                })
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            do {
                return String(decoding: try encoder.encode(document), as: UTF8.self)
            } catch {
                throw .failed("the result cannot be written as JSON: \(error)")
            }
        }
    }
}
