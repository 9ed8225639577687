/// A record of the last batch in a killed agent's journal, which was cut in the middle as a power failure can leave it.
///
/// A kill alone hardly ever does that: what `write` has taken is in the file. So this simulates the loss of what was
/// not synced, and only of the very last batch, which takes back a promise about the dispatches in it only:
///
/// - `order`: its `received` had not been shown yet, so the manager sends it again. Nothing is lost.
/// - `started`: the script may have run, and nothing on the disk says so. The order runs again; for a stateless one
///   this is the one way to a second run, and for a stateful one a new deadline counts from the second run.
/// - `active`, `due`: the response counts as interrupted, or keeps the earlier deadline. It is undone.
/// - `undoRequested`: the undo comes at its time instead.
/// - `undoing`, `finished`: an undo that was done is done again; a stateless end becomes `unknown`.
/// - `event`: it is lost together with the change that it tells of, and comes again with that. Alone in a batch is only
///   what says that a script was started: the manager may not learn of this one step.
/// - `repetition`, `numbered`, `acknowledged`: nothing, or an event is reported twice and counted once.
package struct TornRecord: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case order, started, active, due, undoRequested, undoing, finished, event, repetition, bookkeeping
    }

    package var kind: Kind
    /// The dispatch that the record is about, where it is about one.
    package var dispatch: String?

    package init(kind: Kind, dispatch: String?) {
        self.kind = kind
        self.dispatch = dispatch
    }
}
