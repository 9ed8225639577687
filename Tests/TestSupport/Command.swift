import Foundation

/// How a program that ran to its end ended.
package struct CommandResult: Sendable {
    package let status: Int32
    package let output: String
    package let errors: String
}

/// Runs a program to its end.
package func runCommand(
    _ program: String, _ arguments: [String] = [], input: String? = nil, environment: [String: String] = [:]
) throws -> CommandResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files instead of pipes: a program that leaves a child behind keeps no reader waiting.
    let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("edr-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func file(_ name: String, _ text: String = "") throws -> FileHandle {
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return try FileHandle(forUpdating: url)
    }
    process.standardInput = try input.map { try file("input", $0) } ?? FileHandle.nullDevice
    process.standardOutput = try file("output")
    process.standardError = try file("errors")
    try process.run()
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
    }
    return CommandResult(
        status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
        output: try text("output"), errors: try text("errors"))
}
