package import Foundation
import Synchronization

/// What was expected did not come in time.
package struct NotSeen: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Lines that arrive over time, and tasks that wait for one of them.
package final class AwaitableLines: Sendable {
    private struct Waiter {
        let id: Int
        let matches: @Sendable (String) -> Bool
        let continuation: CheckedContinuation<String?, Never>
    }

    private struct State {
        var lines: [String] = []
        var partial = Data()
        var waiters: [Waiter] = []
        var nextID = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    package init() {}

    package var all: [String] { state.withLock { $0.lines } }

    package func append(_ data: Data) {
        let resumed: [(Waiter, String)] = state.withLock { state in
            state.partial.append(data)
            var matched: [(Waiter, String)] = []
            var start = state.partial.startIndex
            while let newline = state.partial[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: state.partial[start..<newline], as: UTF8.self)
                start = newline + 1
                state.lines.append(line)
                for waiter in state.waiters where waiter.matches(line) { matched.append((waiter, line)) }
                state.waiters.removeAll { waiter in matched.contains { $0.0.id == waiter.id } }
            }
            state.partial.removeSubrange(..<start)
            return matched
        }
        for (waiter, line) in resumed { waiter.continuation.resume(returning: line) }
    }

    package func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }

    /// The first line, past or future, that matches.
    package func first(within seconds: Int, where matches: @escaping @Sendable (String) -> Bool) async throws -> String
    {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        // The deadline turns a line that never comes into a failure; nothing waits for it otherwise.
        let deadline = DispatchSource.makeTimerSource()
        deadline.schedule(deadline: .now() + .seconds(seconds))
        deadline.setEventHandler { self.giveUp(id) }
        deadline.resume()
        defer { deadline.cancel() }
        let found: String? = await withCheckedContinuation { continuation in
            let known: String?? = state.withLock { state in
                if let line = state.lines.first(where: matches) { return .some(line) }
                if state.isFinished { return .some(nil) }
                state.waiters.append(Waiter(id: id, matches: matches, continuation: continuation))
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
        guard let found else {
            throw NotSeen(
                "the expected line did not come within \(seconds) s; these did:\n" + all.joined(separator: "\n"))
        }
        return found
    }

    private func giveUp(_ id: Int) {
        let waiter = state.withLock { state in
            let index = state.waiters.firstIndex { $0.id == id }
            return index.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: nil)
    }
}
