/// A promise that was not kept.
package struct Violation: Sendable, Equatable, CustomStringConvertible {
    package enum Promise: String, Sendable, CaseIterable {
        /// Every dispatch is in the ledger.
        case notInLedger = "an alert caused no dispatch"
        case unexpected = "a dispatch that no alert caused"
        case twiceInLedger = "two dispatches for one cause"
        case neverRan = "a dispatch never ran"
        case ranTwice = "a dispatch ran twice"
        case undoneThoughStateless = "a stateless dispatch was undone"
        case neverUndone = "a stateful dispatch was not undone"
        case undoneTwice = "a stateful dispatch was undone twice"
        case undoneBeforeRun = "an undo came before its run"
        case undoneEarly = "an undo came too early"
        case undoneLate = "an undo came too late"
        case wrongState = "the ledger's state does not fit what happened"
        case wrongDeadline = "the ledger's undo time does not fit the run"
        case repeatedEvent = "the ledger counts one step twice"
        case journalDisagrees = "journal and ledger disagree"
        case died = "a program ended by itself"
    }

    package var promise: Promise
    package var dispatch: String?
    package var agent: String?
    /// What was seen.
    package var detail: String

    package var description: String {
        let names = [dispatch.map { "dispatch \($0)" }, agent.map { "agent \($0)" }].compactMap { $0 }
        return ([promise.rawValue] + names).joined(separator: ", ") + ": " + detail
    }
}
