/// When scripts are to look after what is in force.
///
/// All of them regularly, and one sooner whose response was prolonged: however often that happens, the others keep their
/// turn. Times are milliseconds of the boot clock.
package struct RestoreSchedule: Sendable {
    /// A script hears of prolonged responses after so many milliseconds: of all of a burst at once.
    private static let prolongationPause: Int64 = 500
    /// An undo is under way where responses are to be brought back: tried again after so many milliseconds.
    private static let busyPause: Int64 = 1000

    private let interval: Int64?
    /// When to look after everything; nil while nothing is in force.
    private var nextForAll: Int64?
    /// The executables that are looked after before that, and when.
    private var soon: Set<String> = []
    private var nextForSoon: Int64?

    /// - Parameter interval: milliseconds between two looks after everything; nil when nothing is looked after.
    package init(interval: Int64?) {
        self.interval = interval
    }

    /// When to call ``take(at:inForce:)``; nil for never.
    package var next: Int64? {
        guard let nextForAll, let nextForSoon else { return nextForAll ?? nextForSoon }
        return min(nextForAll, nextForSoon)
    }

    /// Something is in force since before this start: it may have been taken away meanwhile.
    package mutating func begin(at now: Int64) {
        if interval != nil { nextForAll = now }
    }

    /// A response is in force from now on.
    package mutating func activated(at now: Int64) {
        if nextForAll == nil { nextForAll = interval.map { now + $0 } }
    }

    /// A response of an executable was prolonged, which its script has to know.
    package mutating func prolonged(_ executable: String, at now: Int64) {
        look(after: executable, at: now + Self.prolongationPause)
    }

    /// An executable could not be looked after because an undo of it is under way.
    package mutating func postpone(_ executable: String, at now: Int64) {
        look(after: executable, at: now + Self.busyPause)
    }

    private mutating func look(after executable: String, at time: Int64) {
        guard interval != nil else { return }
        soon.insert(executable)
        nextForSoon = min(nextForSoon ?? .max, time)
    }

    /// The executables to look after now.
    ///
    /// - Parameter inForce: those of which something is in force; asked for only when it is time.
    package mutating func take(at now: Int64, inForce: () -> Set<String>) -> Set<String> {
        if let nextForAll, nextForAll <= now {
            let all = inForce()
            self.nextForAll = all.isEmpty ? nil : interval.map { now + $0 }
            soon = []
            nextForSoon = nil
            return all
        }
        guard let nextForSoon, nextForSoon <= now else { return [] }
        defer {
            soon = []
            self.nextForSoon = nil
        }
        return soon.intersection(inForce())
    }
}
