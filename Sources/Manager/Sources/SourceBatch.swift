/// What a source found between two of its positions.
package struct SourceBatch: Sendable {
    /// The source's name, under which its position is kept.
    package let source: String
    /// The alerts that fire, in the order of the source.
    package var fired: [FiredAlert]
    /// Where the source has read up to, in its own words; nil for a source without a position (HTTP).
    package let position: String?
    /// Set when alerts that were taken before are to be answered once more: different for each such request.
    package var repetition: String?
}

/// Where sources hand their batches.
///
/// The call returns as soon as the batch is taken over. `settled` is called once it is durable, or failed: then it can
/// never be kept, or the manager stops. A source that has too many batches under way waits for that before it reads on.
package typealias SourceSink =
    @Sendable (
        SourceBatch, _ settled: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) -> Void
