import CSpawn
import Glibc

/// The reactor's epoll instance with its bell, its alarm and its watch on the wall clock.
///
/// Tokens tell descriptors apart: a number is never used again, so an event of a descriptor that was closed in the
/// same round is recognised as outdated.
final class Poller {
    /// The token of the bell: there are commands.
    static let bell: UInt64 = 0
    /// The token of the alarm: time has passed.
    static let alarm: UInt64 = 1
    /// The token of the clock watch: the wall clock was set.
    static let clockSet: UInt64 = 2

    private let epoll: Int32
    private let alarm: Int32
    private let clockWatch: Int32
    private var nextToken: UInt64 = 3
    private var armedFor: Int64?
    private var tokens = [UInt64](repeating: 0, count: 128)

    /// - Parameter bell: an eventfd of the caller's.
    init(bell: Int32) throws(ResponseError) {
        epoll = edr_epoll()
        alarm = edr_boot_timer()
        clockWatch = edr_clock_watch()
        // Edge-triggered: neither bell nor alarm needs to be read to fall silent.
        guard epoll >= 0, alarm >= 0, clockWatch >= 0,
            edr_epoll_add(epoll, bell, EDR_EPOLL_READABLE_EDGE, Self.bell) == 0,
            edr_epoll_add(epoll, alarm, EDR_EPOLL_READABLE_EDGE, Self.alarm) == 0,
            edr_epoll_add(epoll, clockWatch, EDR_EPOLL_READABLE, Self.clockSet) == 0
        else { throw ResponseError("cannot make the descriptors for running scripts", errno: errno) }
    }

    deinit {
        for descriptor in [epoll, alarm, clockWatch] where descriptor >= 0 { close(descriptor) }
    }

    /// Watches a descriptor (readable, or closed by the other side).
    ///
    /// - Returns: its token; nil when the system has no room for another watch.
    func watch(_ descriptor: Int32) -> UInt64? {
        add(descriptor, EDR_EPOLL_READABLE)
    }

    /// Watches a descriptor for room to write.
    ///
    /// - Returns: its token; nil when the system has no room for another watch.
    func watchForRoom(_ descriptor: Int32) -> UInt64? {
        add(descriptor, EDR_EPOLL_WRITABLE)
    }

    private func add(_ descriptor: Int32, _ interest: edr_epoll_interest) -> UInt64? {
        let token = nextToken
        nextToken += 1
        return edr_epoll_add(epoll, descriptor, interest, token) == 0 ? token : nil
    }

    /// Must come before the descriptor is closed: its copy in a child would go on causing events.
    func unwatch(_ descriptor: Int32) {
        _ = edr_epoll_remove(epoll, descriptor)
    }

    /// Waits for events, at most until a time of the boot clock in milliseconds, and returns their tokens.
    func wait(until due: Int64?) -> ArraySlice<UInt64> {
        if due != armedFor {
            armedFor = due
            _ = edr_boot_timer_set(alarm, due.map { max($0, 1) } ?? 0)
        }
        let count = edr_epoll_wait(epoll, &tokens, Int32(tokens.count))
        return tokens[..<max(0, Int(count))]
    }

    /// The alarm has rung: the next ``wait(until:)`` sets it again, also for the same time.
    func alarmRang() {
        armedFor = nil
    }

    /// The clock watch was heard.
    func rearmClockWatch() {
        _ = edr_clock_watch_rearm(clockWatch)
    }
}
