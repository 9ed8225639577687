import CSpawn
import Glibc

/// Makes a control group for each run below the daemon's own, where that was handed to it (systemd's `Delegate=yes`).
///
/// Where it was not, or the kernel refuses, scripts run as they do without: in process groups of their own. Confined to
/// the reactor's thread.
final class ControlGroups {
    private static let prefix = "edr-run-"

    /// Where the groups are made.
    private let folder: String
    /// The groups of runs that are over, in which something still lives.
    private var lingering: [RunGroup] = []

    init(folder: String) {
        self.folder = folder
        // Children have the controllers only when their parent says so, and it may only without processes of its own
        // (`DelegateSubgroup=`).
        _ = Self.write("+memory", to: folder + "/cgroup.subtree_control")
        _ = Self.write("+pids", to: folder + "/cgroup.subtree_control")
        // What an earlier run of the daemon left; those in which something lives stay.
        for name in ProcFile.names(in: folder) where name.hasPrefix(Self.prefix) { rmdir(folder + "/" + name) }
    }

    /// The folder in which this process may make groups: that of its own group, or the one above when the process was
    /// put into a group below the one that was handed to it.
    ///
    /// - Parameters:
    ///   - membership: what `/proc/self/cgroup` says.
    ///   - mounts: where cgroup v2 may be mounted; the second is where it is beside version 1.
    ///   - isHandedOver: whether a group was handed to its processes.
    static func delegated(
        membership: String = ProcFile.read("/proc/self/cgroup") ?? "",
        mounts: [String] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"],
        isHandedOver: (String) -> Bool = { edr_is_delegated($0) != 0 }
    ) -> String? {
        guard let line = membership.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return nil }
        let own = line.dropFirst(4)
        guard !own.isEmpty, !own.split(separator: "/").contains("..") else { return nil }
        for mount in mounts {
            let folder = mount + "/" + own
            let parent = String(folder[..<(folder.lastIndex(of: "/") ?? folder.endIndex)])
            for candidate in [folder, parent] where candidate != mount && isHandedOver(candidate) {
                return candidate
            }
        }
        return nil
    }

    /// Makes the group of a run; nil when that cannot be done.
    func make(for run: Run) -> RunGroup? {
        let path = path(of: run)
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { return nil }
        lingering.removeAll { $0.path == path }
        guard let group = RunGroup(path: path) else {
            rmdir(path)
            return nil
        }
        return group
    }

    /// The group of a run that was started by an earlier run of the daemon; nil when it had none.
    func find(for run: Run) -> RunGroup? {
        RunGroup(path: path(of: run))
    }

    /// Removes the group of a run that is over, now or when everything in it has ended.
    func release(_ group: RunGroup) {
        lingering.append(group)
        lingering.removeAll { $0.remove() }
    }

    private func path(of run: Run) -> String {
        "\(folder)/\(Self.prefix)\(run.order.id)-\(run.action.rawValue)"
    }

    static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return text.utf8.withContiguousStorageIfAvailable { Glibc.write(file, $0.baseAddress, $0.count) == $0.count }
            ?? false
    }
}
