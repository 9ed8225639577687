import Dispatch
import Synchronization
import Testing

@testable import Manager

@Suite("Group commit")
struct GroupCommitTests {
    /// What was committed, batch by batch.
    private final class Store: Sendable {
        let batches = Mutex<[[Int]]>([])
        let poison: Int?
        let error: LedgerError

        init(poison: Int? = nil, error: LedgerError = .unacceptable("poison")) {
            self.poison = poison
            self.error = error
        }

        func commit(_ changes: [Int]) throws(LedgerError) {
            if let poison, changes.contains(poison) { throw error }
            batches.withLock { $0.append(changes) }
        }
    }

    private typealias Outcome = Result<Void, LedgerError>

    /// Enqueues the calls while the commit thread is held up, lets it go and returns the outcomes by call.
    private func outcomes(of calls: [[Int]], limit: Int = 100, in store: Store) async throws -> [String] {
        let (firstCommits, firstCommit) = AsyncStream<Void>.makeStream()
        let release = DispatchSemaphore(value: 0)
        let commits = GroupCommit<Int>(label: "test", batchLimit: limit) { changes throws(LedgerError) in
            // The first batch holds the thread, so that everything else gathers behind it.
            if changes == [-1] {
                firstCommit.finish()
                release.wait()
            }
            try store.commit(changes)
        }
        let results = Mutex<[Int: String]>([:])
        commits.enqueue([-1]) { _ in }
        for await _ in firstCommits {}
        for (index, call) in calls.enumerated() {
            commits.enqueue(call) { result in
                let text =
                    switch result {
                    case .success: "ok"
                    case .failure(let error): "\(error)"
                    }
                results.withLock { $0[index] = text }
            }
        }
        #expect(commits.depth == calls.count + 1)
        release.signal()
        await commits.close()
        #expect(commits.depth == 0)
        return results.withLock { results in calls.indices.map { results[$0] ?? "nothing" } }
    }

    @Test func `what gathers during a commit is committed together and in order`() async throws {
        let store = Store()
        #expect(try await outcomes(of: [[1], [2, 3], [4]], in: store) == ["ok", "ok", "ok"])
        #expect(store.batches.withLock { $0.last } == [1, 2, 3, 4])
    }

    @Test func `a batch is bounded and a call never divided`() async throws {
        let store = Store()
        _ = try await outcomes(of: [[1], [2], [3, 4], [5, 6, 7], [8]], limit: 2, in: store)
        #expect(store.batches.withLock { $0.filter { $0 != [-1] } } == [[1, 2], [3, 4], [5, 6, 7], [8]])
    }

    @Test func `one caller's bad change does not fail the others`() async throws {
        let store = Store(poison: 2)
        let expected = ["ok", LedgerError.unacceptable("poison").description, "ok"]
        #expect(try await outcomes(of: [[1], [2], [3]], in: store) == expected)
        #expect(store.batches.withLock { $0.filter { $0 != [-1] } } == [[1], [3]])
    }

    @Test func `a full disk fails the batch without more attempts`() async throws {
        let store = Store(poison: 2, error: .diskFull)
        let full = LedgerError.diskFull.description
        #expect(try await outcomes(of: [[1], [2], [3]], in: store) == [full, full, full])
        #expect(store.batches.withLock { $0.filter { $0 != [-1] } } == [])
    }

    @Test(arguments: [LedgerError.diskFull, .database("locked"), .cancelled])
    func `whatever no change causes holds everything up, and the order is kept`(trouble: LedgerError) async throws {
        let store = Mutex<(trouble: LedgerError?, committed: [Int])>((trouble, []))
        let (notices, notice) = AsyncStream<GroupCommit<Int>.Notice>.makeStream()
        let commits = GroupCommit<Int>(
            label: "test", batchLimit: 1, retryPause: .milliseconds(1), notify: { notice.yield($0) }
        ) { changes throws(LedgerError) in
            let trouble = store.withLock { store in
                if store.trouble == nil { store.committed += changes }
                return store.trouble
            }
            if let trouble { throw trouble }
        }
        let (completions, completion) = AsyncStream<Int>.makeStream()
        for number in 1...3 { commits.enqueue([number]) { _ in completion.yield(number) } }
        var told = notices.makeAsyncIterator()
        guard case .stalled(trouble) = await told.next() else {
            Issue.record("the stall was not told first")
            return
        }
        #expect(store.withLock { $0.committed } == [])
        store.withLock { $0.trouble = nil }
        var completed: [Int] = []
        for await number in completions {
            completed.append(number)
            if completed.count == 3 { break }
        }
        #expect(completed == [1, 2, 3])
        #expect(store.withLock { $0.committed } == [1, 2, 3])
        guard case .resumed = await told.next() else {
            Issue.record("the end of the stall was not told")
            return
        }
        await commits.close()
    }

    @Test func `after something was given up nothing later is committed`() async throws {
        let attempts = Mutex(0)
        let (stalls, stall) = AsyncStream<Void>.makeStream()
        let commits = GroupCommit<Int>(
            label: "test", batchLimit: 1, retryPause: .seconds(600), notify: { _ in stall.yield() }
        ) { changes throws(LedgerError) in
            // The trouble is over just when the first call is given up.
            let attempt = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            if attempt <= 2 { throw .database("locked") }
        }
        let (results, result) = AsyncStream<(Int, Bool)>.makeStream()
        for number in 1...3 {
            commits.enqueue([number]) { outcome in
                if case .success = outcome { result.yield((number, true)) } else { result.yield((number, false)) }
            }
        }
        for await _ in stalls { break }
        commits.stopWaiting()
        var outcomes: [Bool] = []
        for await (_, isDurable) in results {
            outcomes.append(isDurable)
            if outcomes.count == 3 { break }
        }
        #expect(outcomes == [false, false, false])
        await commits.close()
    }

    @Test func `closing ends the waiting for a full disk`() async throws {
        let commits = GroupCommit<Int>(label: "test", batchLimit: 1, retryPause: .seconds(600)) {
            _ throws(LedgerError) in throw .diskFull
        }
        async let result = withCheckedContinuation { continuation in
            commits.enqueue([1]) { continuation.resume(returning: $0) }
        }
        await commits.close()
        let outcome: Result<Void, LedgerError> = await result
        #expect(throws: LedgerError.self) { try outcome.get() }
    }

    @Test func `after closing nothing is taken`() async throws {
        let store = Store()
        let commits = GroupCommit<Int>(label: "test", batchLimit: 10, commit: store.commit)
        await commits.close()
        let result = await withCheckedContinuation { continuation in
            commits.enqueue([1]) { continuation.resume(returning: $0) }
        }
        #expect(throws: LedgerError.closed) { try result.get() }
        #expect(store.batches.withLock { $0.isEmpty })
    }
}
