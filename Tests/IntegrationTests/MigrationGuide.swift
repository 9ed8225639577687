import Foundation
import TestSupport

/// A guide of `docs/how-to`, taken at its word: its files are written and its commands are run as they stand there.
///
/// What a fenced block is, the words behind its fence say: `xml manager /var/ossec/etc/ossec.conf` is a file of that
/// machine, `sh agent` are commands on it, and `text expected` is what the commands before it print. All other blocks
/// are for people.
struct MigrationGuide {
    enum Machine: String {
        case manager, agent
    }

    private struct Block {
        let heading: String
        let words: [String]
        let text: String

        var machine: Machine? { words.count > 1 ? Machine(rawValue: words[1]) : nil }
    }

    private let blocks: [Block]
    private let homes: [Machine: TemporaryHome]
    private let port: Int

    /// - Parameter file: the name of the guide in `docs/how-to`.
    init(_ file: String, manager: TemporaryHome, agent: TemporaryHome, port: Int) throws {
        var blocks: [Block] = []
        var heading = ""
        var open: (words: [String], lines: [Substring])?
        for line in try Repository.text(of: "docs/how-to/" + file).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if line.hasPrefix("```") {
                if let (words, lines) = open {
                    blocks.append(Block(heading: heading, words: words, text: lines.map { $0 + "\n" }.joined()))
                    open = nil
                } else {
                    open = (line.dropFirst(3).split(separator: " ").map(String.init), [])
                }
            } else if open != nil {
                open?.lines.append(line)
            } else if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            }
        }
        self.blocks = blocks
        homes = [.manager: manager, .agent: agent]
        self.port = port
    }

    /// The peer's folder on a machine, `/var/ossec` in the guide.
    func peer(_ machine: Machine) -> String { home(machine) + "/peer" }

    /// The place of an absolute path of the guide.
    func place(_ path: String, on machine: Machine) -> String { adapted(path, machine) }

    /// Writes every file that the guide shows, scripts with the mode that the peers give them.
    func writeFiles() throws {
        for block in blocks where block.words.count == 3 {
            guard let machine = block.machine else { continue }
            let path = place(block.words[2], on: machine)
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try adapted(block.text, machine).write(toFile: path, atomically: true, encoding: .utf8)
            if path.contains("/bin/") { chmod(path, 0o750) }
        }
    }

    /// Runs the commands under a heading that begins like this, in the order of the guide.
    ///
    /// - Parameter between: what the test does itself, after the manager's first commands.
    /// - Throws: when one fails, prints something else than the guide says, or there is none.
    func follow(_ step: String, between: () throws -> Void = {}) throws {
        var count = 0
        var output = ""
        for block in blocks where block.heading.hasPrefix(step) {
            if block.words == ["text", "expected"] {
                guard output == block.text else {
                    throw NotSeen("\"\(step)\" prints\n\(output)and not\n\(block.text)")
                }
            } else if block.words.count == 2, block.words[0] == "sh", let machine = block.machine {
                output = try run(block.text, on: machine)
                if count == 0 { try between() }
                count += 1
            }
        }
        guard count > 0 else { throw NotSeen("the guide has no commands under \"\(step)\"") }
    }

    private func run(_ commands: String, on machine: Machine) throws -> String {
        let result = try ShellCommand.run(
            "/bin/sh", ["-euc", adapted(commands, machine)],
            environment: [
                "EDR_HOME": home(machine),
                "PATH": DaemonProcess.binaries + ":/usr/sbin:/usr/bin:/sbin:/bin",
            ])
        guard result.status == 0 else {
            throw NotSeen("status \(result.status) of\n\(commands)\(result.output)\(result.errors)")
        }
        return result.output
    }

    private func home(_ machine: Machine) -> String { homes[machine]?.path ?? "" }

    /// The guide's text with the paths, addresses and ports of this test.
    private func adapted(_ text: String, _ machine: Machine) -> String {
        text.replacing("/var/edr", with: home(machine)).replacing("/var/ossec", with: peer(machine))
            .replacing("/srv/shop", with: home(machine) + "/shop").replacing(
                "/var/spool", with: home(machine) + "/spool"
            )
            .replacing("<port>7514</port>", with: "<port>\(port)</port><local_ip>127.0.0.1</local_ip>")
    }
}
