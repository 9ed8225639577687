/// Decides when a link may be read: not while too much of what was read is not dealt with yet, and not while the peer
/// takes nothing of what is written to it.
///
/// Either side of a link has one; so what waits in memory for one peer is bounded, whatever the peer does. It is a
/// value without I/O: the owner tells it what happens, and holds back the reads that it says no to.
package struct ReadGate: Equatable, Sendable {
    private let limit: Int
    private var underway = 0

    /// Whether somebody asked for more to read while nothing could be taken.
    package private(set) var isHeld = false

    /// - Parameter limit: how many pieces of work, each of one read, may be underway; at least 1.
    package init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// Whether too much is underway, however well the peer reads.
    package var isFull: Bool { underway >= limit }

    /// Work that came from the link was handed on.
    package mutating func began() {
        underway += 1
    }

    /// Work that was handed on is done.
    package mutating func ended() {
        underway -= 1
    }

    /// Somebody asks for more to read.
    ///
    /// - Returns: whether it may be read now; if not, ``readsOn(isWritable:)`` says when.
    package mutating func mayRead(isWritable: Bool) -> Bool {
        isHeld = isFull || !isWritable
        return !isHeld
    }

    /// Something has changed.
    ///
    /// - Returns: whether a read that was held back is to be made now.
    package mutating func readsOn(isWritable: Bool) -> Bool {
        guard isHeld, !isFull, isWritable else { return false }
        isHeld = false
        return true
    }
}
