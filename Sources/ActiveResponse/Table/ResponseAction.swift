/// What the owner of a ``ResponseTable`` has to do, in this order.
package enum ResponseAction: Sendable, Equatable {
    /// Append it to the journal before doing anything that follows.
    case record(JournalRecord)
    /// Number the event, journal it and pass it on to the manager.
    case emit(ResponseEvent)
    /// Start the script, then report ``ResponseTable/started(_:at:)`` and at its end ``ResponseTable/ended(_:_:at:)``,
    /// or else ``ResponseTable/notStarted(_:because:at:)``.
    case run(Run)
    /// Try to reach the manager by a new connection, again and again until this moment of the boot clock, and report
    /// ``ResponseTable/reached(since:at:)``.
    case probe(until: Int64)
    /// Answer the `check_keys` request of the dispatch's script.
    case answer(DispatchID, KeyAnswer)
}
