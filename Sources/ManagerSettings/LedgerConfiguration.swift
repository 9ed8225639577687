import ConfigurationTree

/// `<ledger>`: how long the ledger keeps what is over, and how large it may become.
package struct LedgerConfiguration: Sendable, Equatable {
    /// How long a response stays after its last event.
    package private(set) var keep = Duration.seconds(30 * 86_400)
    /// In bytes; beyond it the oldest responses go earlier.
    package private(set) var maxSize = 2 << 30

    /// With less room the ledger could not hold what is under way.
    static let smallestSize = 1 << 20

    package init() {}

    mutating func read(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        let reader = SectionReader(section, known: ["keep", "max_size"], diagnostics: diagnostics)
        if let keep = reader.duration("keep", atLeast: .seconds(1)) { self.keep = keep }
        if let size = reader.byteCount("max_size", atLeast: Self.smallestSize) { maxSize = size }
    }
}
