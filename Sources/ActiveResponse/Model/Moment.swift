/// A point of time on both clocks that matter here.
package struct Moment: Sendable, Equatable {
    /// Unix milliseconds: what people and other machines understand; it may be set forth and back.
    package var wall: Int64
    /// Milliseconds since the machine was booted, suspension included (CLOCK_BOOTTIME): nobody can set it.
    package var boot: Int64

    package init(wall: Int64, boot: Int64) {
        self.wall = wall
        self.boot = boot
    }
}

/// When an undo is due, in a form that survives restarts, reboots and set clocks.
package struct Deadline: Sendable, Equatable {
    /// The boot that ``boot`` belongs to (`/proc/sys/kernel/random/boot_id`).
    package var bootID: String
    /// When it is due, in milliseconds of CLOCK_BOOTTIME.
    package var boot: Int64
    /// When it is due, in unix milliseconds by the wall clock as it was when the deadline was set.
    package var wall: Int64
    /// How far away it was when it was set, in milliseconds.
    ///
    /// It can never be farther.
    package var length: Int64

    /// The deadline so many milliseconds after a moment.
    package init(after length: Int64, from now: Moment, bootID: String) {
        self.bootID = bootID
        self.boot = now.boot + length
        self.wall = now.wall + length
        self.length = length
    }

    init(bootID: String, boot: Int64, wall: Int64, length: Int64) {
        self.bootID = bootID
        self.boot = boot
        self.wall = wall
        self.length = length
    }

    /// The same deadline expressed by the clocks of a moment, perhaps in another boot.
    ///
    /// In the same boot the boot clock decides. In another one, or where the system does not name its boots, only the
    /// wall clock is left; a wrong one (a dead battery's 1970) then prolongs by the deadline's full length at most. One that
    /// is over stays in the past: of several the first is met first.
    package func restated(at now: Moment, bootID current: String) -> Deadline {
        let remaining = bootID == current && !current.isEmpty ? boot - now.boot : wall - now.wall
        var restated = Deadline(after: min(remaining, max(length, 0)), from: now, bootID: current)
        restated.length = length
        return restated
    }
}
