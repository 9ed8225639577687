import Foundation
import Glibc

/// A home of its own for one test, with the layout of INTERFACE.md, removed with the last reference to it.
package final class TemporaryHome: Sendable {
    /// The absolute path, without links in it.
    package let path: String

    /// Makes the home in the system's folder for temporary files.
    package init() throws {
        var template = Array("/tmp/edr-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(what: "cannot make a temporary folder: \(errno)") }
        path = String(cString: made)
        chmod(path, 0o755)
        for (folder, mode) in [
            ("etc", 0o750), ("etc/tls", 0o700), ("active-response", 0o755), ("active-response/bin", 0o755),
            ("logs", 0o750), ("logs/alerts", 0o750), ("var", 0o700), ("run", 0o750),
        ] as [(String, mode_t)] {
            guard mkdir("\(path)/\(folder)", mode) == 0 else { throw Failure(what: "cannot make \(folder): \(errno)") }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The home could not be prepared.
    package struct Failure: Error {
        package let what: String
    }

    /// Writes an executable script into `active-response/bin`.
    ///
    /// It is written under another name and moved: a test in the same process that starts a script meanwhile would
    /// otherwise keep the file open for writing, and the system would refuse to run it.
    package func addScript(_ name: String, _ text: String, mode: UInt32 = 0o755) throws {
        let target = "\(path)/active-response/bin/\(name)"
        try write(text, to: "active-response/bin/\(name).new")
        guard chmod(target + ".new", mode) == 0, rename(target + ".new", target) == 0 else {
            throw Failure(what: "cannot add the script \(name): \(errno)")
        }
    }

    /// Writes a file, given relative to the home.
    package func write(_ text: String, to file: String) throws {
        try write(Array(text.utf8), to: file)
    }

    /// Writes a file of bytes, given relative to the home.
    package func write(_ bytes: [UInt8], to file: String) throws {
        let descriptor = open("\(path)/\(file)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(what: "cannot write \(file): \(errno)") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(what: "cannot write \(file): \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// The bytes of a file, given relative to the home; nil when there is none.
    package func bytes(of file: String) -> [UInt8]? {
        let descriptor = open("\(path)/\(file)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// The text of a file, given relative to the home; nil when there is none.
    package func text(of file: String) -> String? {
        bytes(of: file).map { String(decoding: $0, as: UTF8.self) }
    }
}
