/// What is due when, earliest first: a binary heap.
///
/// Nothing is taken out or moved when a deadline moves: the owner finds an entry outdated when it comes up, and inserts
/// it anew where it has become later. So the heap does not grow with prolongations.
package struct DeadlineQueue<Element: Sendable>: Sendable {
    private var heap: [(at: Int64, element: Element)] = []

    package init() {}

    package var count: Int { heap.count }

    /// When the earliest entry is due.
    package var next: Int64? { heap.first?.at }

    /// - Parameter at: in the owner's milliseconds.
    package mutating func insert(_ element: Element, at: Int64) {
        heap.append((at, element))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].at < heap[parent].at else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest entry out, when it is due.
    package mutating func popDue(at now: Int64) -> (at: Int64, element: Element)? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].at < heap[least].at { least = child }
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
