import ChaosChecking
import Foundation
import Synchronization
import TestSupport

/// Writes the alerts that a manager follows, as Wazuh would, and remembers what each has to cause.
final class AlertWriter: Sendable {
    private struct State {
        var descriptor: Int32
        var stream: AlertStream
        var lastLine = ""
        var isHeld = false
        /// The other half of a line that was begun.
        var rest: [UInt8] = []
        var rotations = 0
        var expectations: [Expectation] = []
    }

    let path: String
    private let state: Mutex<State>
    private let condition = NSCondition()

    init(path: String, stream: AlertStream) throws {
        self.path = path
        state = Mutex(State(descriptor: try Self.open(path), stream: stream))
    }

    /// What the alerts so far have to cause.
    var expectations: [Expectation] { state.withLock { $0.expectations } }

    /// Writes the next alert; waits while the writer is held or a line is half written.
    func emit() throws {
        condition.lock()
        defer { condition.unlock() }
        while state.withLock({ $0.isHeld || !$0.rest.isEmpty }) { condition.wait() }
        try state.withLock { state throws in
            // Now and then the same line twice: the same alert twice is one alert.
            if state.stream.repeatsLine(), !state.lastLine.isEmpty {
                try Self.write(Array(state.lastLine.utf8), to: state.descriptor)
            }
            try Self.write(Array(Self.next(&state).utf8), to: state.descriptor)
        }
    }

    /// Writes a part of the next line and nothing more until ``completeLine()``.
    func tearLine(variant: Int) throws {
        try state.withLock { state throws in
            let line = Array(Self.next(&state).utf8)
            let cut = 1 + variant % (line.count - 1)
            state.rest = Array(line[cut...])
            try Self.write(Array(line[..<cut]), to: state.descriptor)
        }
    }

    func completeLine() throws {
        try state.withLock { state throws in
            try Self.write(state.rest, to: state.descriptor)
            state.rest = []
        }
        wake()
    }

    /// Keeps ``emit()`` waiting until ``release()``.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        state.withLock { $0.isHeld = false }
        wake()
    }

    /// Writes one alert while the writer is held.
    func emitWhileHeld() throws {
        try state.withLock { state throws in try Self.write(Array(Self.next(&state).utf8), to: state.descriptor) }
    }

    /// Renames the file and begins a new one.
    ///
    /// - Parameter isLate: whether one more line goes into the old file after the renaming, as a writer does that
    ///   has not noticed it yet.
    func rotateByRename(isLate: Bool) throws {
        try state.withLock { state throws in
            state.rotations += 1
            guard rename(path, "\(path).\(state.rotations)") == 0 else { throw NotSeen("cannot rotate: \(errno)") }
            if isLate { try Self.write(Array(Self.next(&state).utf8), to: state.descriptor) }
            close(state.descriptor)
            state.descriptor = try Self.open(path)
        }
    }

    /// Copies the file and cuts it to nothing.
    ///
    /// The caller has made sure that everything in it was read.
    func rotateByCopy() throws {
        try state.withLock { state throws in
            state.rotations += 1
            try FileManager.default.copyItem(atPath: path, toPath: "\(path).\(state.rotations)")
            guard truncate(path, 0) == 0 else { throw NotSeen("cannot truncate: \(errno)") }
        }
    }

    private func wake() {
        condition.lock()
        condition.broadcast()
        condition.unlock()
    }

    private static func next(_ state: inout State) -> String {
        let alert = state.stream.next()
        state.lastLine = alert.line
        state.expectations.append(alert.expectation)
        return alert.line
    }

    private static func open(_ path: String) throws -> Int32 {
        let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw NotSeen("cannot open \(path): \(errno)") }
        return descriptor
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw NotSeen("cannot write an alert: \(errno)")
        }
    }
}
