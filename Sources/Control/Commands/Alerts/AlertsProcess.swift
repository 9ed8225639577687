import Alerts
import ArgumentParser
import Foundation

/// `alerts process`: takes alerts through the running manager once more.
struct AlertsProcess: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "process",
        abstract: "Has the manager process the newest alerts of a file, or of its sources.",
        discussion: """
            An alert whose responses the ledger knows is skipped. Prints indented JSON. Exit status: 0, or 1 when an \
            alert failed.
            """)

    @Argument(
        help: ArgumentHelp(
            "Alerts, one a line, plain or by gzip; - for standard input (default: the manager's sources).",
            valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("How many alerts, the newest ones.", valueName: "count"))
    var limit = 20

    @Flag(help: "Only decide; nothing is run or noted.")
    var dryRun = false

    @Flag(help: "Take also alerts that were processed before; their responses run again.")
    var reprocess = false

    @Option(
        name: .customLong("output"), help: ArgumentHelp("Write the result into this file as well.", valueName: "file"))
    var outputFile: String?

    @OptionGroup var options: GlobalOptions

    private struct Counts: Decodable {
        let failed: Int
        let details: [Detail]

        struct Detail: Decodable {}
    }

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 10000") }
    }

    func perform(in session: ControlSession) async throws(ControlError) {
        var query: [(name: String, value: String?)] = [
            ("limit", String(limit)), ("dry_run", String(dryRun)), ("reprocess", String(reprocess)),
        ]
        var body: [UInt8] = []
        if let file { body = try newest(of: file) } else { query.append(("sources", "true")) }
        let answer = try await session.client.send(.post(["alerts", "process"], query: query, body: body))
            .bodyOfSuccess()
        let text = try Self.indented(answer)
        session.console.print(text)
        if let outputFile { try write(text, to: outputFile) }
        guard let counts = try? JSONDecoder().decode(Counts.self, from: Data(answer)) else {
            throw .failed("the manager's answer is not understood; is it of another version?")
        }
        if counts.failed > 0 { throw .failed("\(counts.failed) of \(counts.details.count) alerts failed") }
    }

    /// The last lines that are not empty.
    private func newest(of file: String) throws(ControlError) -> [UInt8] {
        var lines: [[UInt8]] = []
        var problem: ControlError?
        try HistoryFile(file).forEachLine { line in
            guard case .complete(let bytes) = line else {
                problem = .failed("a line of \"\(file)\" is longer than \(LineSplitter.defaultLimit) bytes")
                return false
            }
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return true }
            lines.append(Array(bytes))
            // Twice as many, so that old ones leave in large steps.
            if lines.count >= 2 * limit { lines.removeFirst(limit) }
            return true
        }
        if let problem { throw problem }
        return Array(lines.suffix(limit).joined(separator: [UInt8(ascii: "\n")]))
    }

    private func write(_ text: String, to file: String) throws(ControlError) {
        do {
            try Data((text + "\n").utf8).write(to: URL(filePath: file))
        } catch {
            throw .failed("the alerts were processed, but \"\(file)\" cannot be written: \(error.localizedDescription)")
        }
    }

    private static func indented(_ body: [UInt8]) throws(ControlError) -> String {
        do {
            let document = try JSONSerialization.jsonObject(with: Data(body))
            let data = try JSONSerialization.data(
                withJSONObject: document, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
            return String(decoding: data, as: UTF8.self)
        } catch {
            throw .failed("the manager's answer is not JSON; is it of another version? (\(error))")
        }
    }
}
