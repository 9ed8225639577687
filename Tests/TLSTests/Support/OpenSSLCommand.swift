import Foundation
import TestSupport

/// The `openssl` program, which judges what we made as a second opinion.
enum OpenSSLCommand {
    struct Outcome {
        let status: Int32
        let output: String
    }

    static let path = "/usr/bin/openssl"
    static var isPresent: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// Runs the program to its end; its standard input is empty.
    static func run(_ arguments: [String]) throws -> Outcome {
        let result = try ShellCommand.run(path, arguments)
        return Outcome(status: result.status, output: result.output + result.errors)
    }
}

/// A directory that is removed with the value that stands for it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "edr-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }
}
