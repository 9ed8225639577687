import ActiveResponse
import Policy

/// What stateful orders would do, by the time of their alerts: which run, which only prolong one that is in force, and
/// how many are in force at once.
///
/// The same rules as `ResponseTable`, under the assumption that scripts take no time and never fail: a repeat (same
/// machine, command and target) prolongs and never shortens, `repeated_offenders` lengthens, and the undo comes when
/// the time is over. What only a script can say, by `check_keys`, is not known here.
struct BanSimulation: Sendable {
    enum Effect: Sendable, Equatable {
        case runs
        case prolongs
    }

    /// The most that were in force at once, and when that was first so.
    struct Peak: Sendable, Equatable {
        var count = 0
        /// Unix milliseconds; 0 when the count is.
        var at: Int64 = 0

        fileprivate mutating func note(_ active: Int, at now: Int64) {
            if active > count { (count, at) = (active, now) }
        }
    }

    private struct Place: Hashable {
        let machine: Target
        let key: ResponseKey
    }

    private struct Ban {
        var due: Int64
        let response: Int
    }

    private var bans: [Place: Ban] = [:]
    private var ends = DeadlineQueue<Place>()
    private var repetitions: [Target: RepetitionCounters] = [:]
    private var active: [Int]
    private(set) var peaks: [Peak]
    private(set) var peak = Peak()

    /// - Parameter responses: how many responses there are.
    init(responses: Int) {
        active = Array(repeating: 0, count: responses)
        peaks = Array(repeating: Peak(), count: responses)
    }

    /// How many are in force.
    var activeCount: Int { bans.count }

    /// Time has passed: ends what is over.
    mutating func advance(to now: Int64) {
        while let due = ends.popDue(at: now) {
            guard let ban = bans[due.element] else { continue }
            if ban.due <= now {
                bans[due.element] = nil
                active[ban.response] -= 1
            } else {
                ends.insert(due.element, at: ban.due)
            }
        }
    }

    /// A stateful order has come to a machine.
    ///
    /// - Parameters:
    ///   - response: the number of the active response.
    ///   - timeout: in seconds.
    ///   - ladder: minutes for the first, second, … repetition.
    ///   - now: unix milliseconds, to which time has advanced.
    /// - Returns: what it does, and whether `repeated_offenders` lengthened its time.
    mutating func order(
        _ key: ResponseKey, on machine: Target, response: Int, timeout: Int64, ladder: [Int64], at now: Int64
    ) -> (effect: Effect, isLengthened: Bool) {
        let counted = repetitions[machine, default: RepetitionCounters()].count(key, ladder: ladder, now: now)
        let seconds = max(timeout, counted?.seconds ?? 0)
        let place = Place(machine: machine, key: key)
        let due = now + seconds * 1000
        guard let ban = bans[place] else {
            bans[place] = Ban(due: due, response: response)
            ends.insert(place, at: due)
            active[response] += 1
            peaks[response].note(active[response], at: now)
            peak.note(bans.count, at: now)
            return (.runs, seconds > timeout)
        }
        bans[place]?.due = max(ban.due, due)
        return (.prolongs, seconds > timeout)
    }
}
