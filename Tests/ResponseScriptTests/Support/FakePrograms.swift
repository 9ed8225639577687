import Foundation
import TestSupport

/// Programs that stand in for those of another system, in front of the PATH, and note how they are called.
final class FakePrograms: Sendable {
    private let folder: TemporaryFolder

    /// - Parameter programs: name and text in sh, which follows a line that notes the arguments. The working folder of
    ///   the text is one that lasts as long as this, for what it has to remember.
    init(_ programs: [String: String]) throws {
        folder = try TemporaryFolder()
        for (name, text) in programs {
            // By another process: while this one has a file open for writing, so has what it starts meanwhile.
            let script = """
                #!/bin/sh
                cd '\(folder.path)' || exit 99
                printf '%s' \(name) >>calls
                for word; do printf ' [%s]' "$word" >>calls; done
                echo >>calls
                \(text)
                """
            _ = try ShellCommand.run(
                "/bin/sh", ["-c", "cat >\"$0\" && chmod 755 \"$0\"", "\(folder.path)/\(name)"], input: script)
        }
    }

    /// The environment of a script that finds them.
    func environment(_ changes: [String: String] = [:]) -> [String: String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        return ResponseScript.environment(["PATH": folder.path + ":" + path].merging(changes) { $1 })
    }

    /// The calls since the last time, each with its arguments in brackets.
    func calls() -> [String] {
        defer { try? FileManager.default.removeItem(atPath: folder.path + "/calls") }
        return (folder.text(of: "calls") ?? "").split(separator: "\n").map(String.init)
    }

    /// Makes a file in their working folder.
    func write(_ text: String, to file: String) throws { try folder.write(text, to: file) }

    /// A file in their working folder.
    func text(of file: String) -> String? { folder.text(of: file) }
}
