import Glibc

/// The clocks of this machine.
package enum SystemClock {
    package static func now() -> Moment {
        Moment(wall: milliseconds(CLOCK_REALTIME), boot: milliseconds(CLOCK_BOOTTIME))
    }

    /// The identity of the current boot; empty when the system has none.
    static func bootID() -> String {
        ProcFile.read("/proc/sys/kernel/random/boot_id").map { $0.split(whereSeparator: \.isWhitespace).joined() } ?? ""
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
