import Alerts
import Daemon
import Glibc

/// Puts the files of a history into the order of time.
///
/// A shell's `2026/*/ossec-alerts-*.json.gz` sorts the months by their names, and a day's file of Wazuh has two names.
struct History {
    /// The files in the order in which they are to be read.
    let files: [String]
    /// Names of a file that stands among ``files`` under another one already.
    let duplicates: [String]

    /// - Parameter names: as given; what is no regular file (`-`, a pipe) comes last, as given.
    init(_ names: [String]) throws(ControlError) {
        struct Identity: Hashable {
            let device: dev_t
            let inode: ino_t
        }
        var seen: Set<Identity> = []
        var regular: [(time: Int64, name: String)] = []
        var others: [String] = []
        var duplicates: [String] = []
        for name in names {
            var status = stat()
            guard name != "-", stat(name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                if others.contains(name) { duplicates.append(name) } else { others.append(name) }
                continue
            }
            if seen.insert(Identity(device: status.st_dev, inode: status.st_ino)).inserted {
                regular.append((try Self.firstTime(in: name), name))
            } else {
                duplicates.append(name)
            }
        }
        // Stable, so that files that tell no time stay where they were among themselves.
        let sorted = regular.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        files = sorted.map(\.element.name) + others
        self.duplicates = duplicates
    }

    /// When the first alert was raised, in unix milliseconds; the latest time of all when none of the first lines tells.
    private static func firstTime(in name: String) throws(ControlError) -> Int64 {
        var time: Int64?
        var lines = 0
        try HistoryFile(name).forEachLine { line in
            lines += 1
            if case .complete(let bytes) = line {
                time = (try? Alert(anyFormat: Array(bytes), host: LocalHost.name))?.raisedAt
            }
            return time == nil && lines < 100
        }
        return time ?? .max
    }
}
