import Testing

@testable import Manager

@Suite("Dispatch states")
struct DispatchStateTests {
    @Test(arguments: [
        [DispatchState.held, .queued, .delivered, .running, .active, .undoing, .undone],
        [.queued, .running, .done],
        [.queued, .failed, .undoing, .undoFailed, .undoing, .undone],
        [.queued, .delivered, .unknown, .active, .undone],
        [.queued, .refused],
        [.held, .cancelled, .running, .done],
        [.queued, .expired, .active],
    ])
    func `a response goes this way`(_ way: [DispatchState]) {
        for (from, to) in zip(way, way.dropFirst()) {
            #expect(from.mayBecome(to), "\(from) to \(to)")
        }
    }

    @Test func `no way leads from a later state to an earlier one`() {
        let forbidden: [(DispatchState, DispatchState)] = [
            (.queued, .held), (.delivered, .queued), (.running, .delivered), (.done, .running), (.active, .running),
            (.active, .done), (.undoing, .active), (.undone, .undoing), (.undone, .active), (.failed, .active),
            (.undoFailed, .active), (.cancelled, .queued), (.cancelled, .delivered), (.expired, .cancelled),
            (.refused, .running), (.unknown, .running),
        ]
        for (from, to) in forbidden {
            #expect(!from.mayBecome(to), "\(from) to \(to)")
        }
    }

    @Test(arguments: DispatchState.allCases)
    func `a state is no change from itself`(_ state: DispatchState) {
        #expect(!state.mayBecome(state))
    }

    @Test func `done, undone and refused are final`() {
        for final in [DispatchState.done, .undone, .refused] {
            #expect(DispatchState.allCases.allSatisfy { !final.mayBecome($0) })
        }
    }
}
