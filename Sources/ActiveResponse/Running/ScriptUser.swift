import Glibc

/// The user that a script runs as, with his groups.
struct ScriptUser: Equatable {
    let uid: uid_t
    /// His primary group.
    let gid: gid_t
    /// All of his groups.
    let groups: [gid_t]

    /// Looks a user up.
    ///
    /// - Throws: ``StartFailure/refused(_:)`` when there is none, or this daemon cannot become another user.
    init(named name: String) throws(StartFailure) {
        guard geteuid() == 0 else {
            throw .refused("the command is to run as \"\(name)\", and only a daemon that is root can do that")
        }
        guard let (uid, gid) = try Self.entry(of: name) else {
            throw .refused("the command is to run as \"\(name)\", and there is no such user")
        }
        self.uid = uid
        self.gid = gid
        var groups = [gid_t](repeating: 0, count: 64)
        var count = Int32(groups.count)
        while getgrouplist(name, gid, &groups, &count) < 0 {
            guard groups.count < 65_536 else {
                throw .refused("the command is to run as \"\(name)\", whose groups cannot be found")
            }
            groups = [gid_t](repeating: 0, count: max(Int(count), groups.count * 2))
            count = Int32(groups.count)
        }
        self.groups = Array(groups.prefix(Int(count)))
    }

    /// The id of a user; nil when there is none.
    static func id(of name: String) -> uid_t? {
        (try? entry(of: name))?.uid
    }

    private static func entry(of name: String) throws(StartFailure) -> (uid: uid_t, gid: gid_t)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 1024)
        while true {
            let error = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
            switch error {
            case 0: return found == nil ? nil : (entry.pw_uid, entry.pw_gid)
            // What getpwnam(3) lists for a name that was not found.
            case ENOENT, ESRCH, EBADF, EPERM: return nil
            case EINTR: continue
            case ERANGE where buffer.count < 1 << 20:
                buffer = [CChar](repeating: 0, count: buffer.count * 4)
            default:
                throw .refused(
                    "the command is to run as \"\(name)\", who cannot be looked up: \(String(cString: strerror(error)))"
                )
            }
        }
    }
}
