import CSpawn
import Glibc

/// Reaps what scripts leave behind: their background processes become our children when the script ends
/// (PR_SET_CHILD_SUBREAPER) and stay zombies until somebody reaps them.
///
/// There is no signal handling and no polling in it: whenever a parent may have died its adopted children are
/// looked up, and each is watched through a pidfd of its own. Confined to the reactor's thread.
final class OrphanReaper {
    private struct Orphan {
        let pidfd: Int32
        let pid: pid_t
        let session: pid_t
    }

    private let poller: Poller
    /// Whether every child of this process is ours.
    ///
    /// A test's process has others, which their makers reap.
    private let ownsAllChildren: Bool
    private var orphans: [UInt64: Orphan] = [:]
    private var pids: Set<pid_t> = []
    /// While there are orphans they may get children, which end without our being told.
    private static let pause: Int64 = 30_000
    /// Looks are so many milliseconds apart: in a burst one is enough for the ends of many scripts.
    private static let pace: Int64 = 50
    /// When to look next, by the boot clock; nil while there is no orphan and nothing ended since the last look.
    private(set) var nextLook: Int64?
    private var lastLook = Int64.min / 2
    /// The sessions in which a process ended since the last look.
    private var suspects: Set<pid_t> = []

    init(poller: Poller, ownsAllChildren: Bool) {
        self.poller = poller
        self.ownsAllChildren = ownsAllChildren
        _ = edr_become_reaper()
    }

    deinit {
        for orphan in orphans.values { close(orphan.pidfd) }
    }

    /// A process of a session ended: what it leaves behind is looked for by ``advance(now:scripts:)``.
    func processEnded(inSession session: pid_t, now: Int64) {
        suspects.insert(session)
        nextLook = min(nextLook ?? .max, max(now, lastLook + Self.pace))
    }

    /// Looks for children that were adopted when a process of one of the suspected sessions ended.
    private func adopt(scripts: Set<pid_t>) {
        for pid in ProcFile.children(ofProcess: getpid()) where !scripts.contains(pid) && !pids.contains(pid) {
            let session = getsid(pid)
            guard ownsAllChildren || suspects.contains(session) else { continue }
            let pidfd = edr_pidfd_open(pid)
            guard pidfd >= 0 else { continue }
            guard let token = poller.watch(pidfd) else {
                close(pidfd)
                continue
            }
            orphans[token] = Orphan(pidfd: pidfd, pid: pid, session: session)
            pids.insert(pid)
        }
    }

    /// Time has passed: adopts what was left behind meanwhile.
    ///
    /// - Parameter scripts: the pids of scripts that run: children too, but not orphans.
    func advance(now: Int64, scripts: @autoclosure () -> Set<pid_t>) {
        guard let look = nextLook, look <= now else { return }
        for orphan in orphans.values { suspects.insert(orphan.session) }
        adopt(scripts: scripts())
        suspects = []
        lastLook = now
        nextLook = orphans.isEmpty ? nil : now + Self.pause
    }

    /// Takes an event; false when the token is not one of an orphan.
    func handle(_ token: UInt64, now: Int64) -> Bool {
        guard let orphan = orphans[token] else { return false }
        var status: Int32 = 0
        var signal: Int32 = 0
        guard edr_reap(orphan.pidfd, &status, &signal) != 0 else { return true }
        orphans[token] = nil
        pids.remove(orphan.pid)
        poller.unwatch(orphan.pidfd)
        close(orphan.pidfd)
        processEnded(inSession: orphan.session, now: now)
        return true
    }
}
