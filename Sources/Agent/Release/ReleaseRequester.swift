import Glibc

/// Who asks for a release, as the kernel knows it.
struct ReleaseRequester: CustomStringConvertible {
    let user: UInt32
    let process: Int32

    /// Who runs this very program.
    static var own: ReleaseRequester { ReleaseRequester(user: geteuid(), process: getpid()) }

    /// Root, or whoever this program runs as.
    var isAllowed: Bool { user == 0 || user == geteuid() }

    /// As whom he logged in before he became root, as audit(8) has it.
    private var loginUser: UInt32? {
        let descriptor = open("/proc/\(process)/loginuid", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(descriptor, &bytes, bytes.count)
        guard let user = UInt32(String(decoding: bytes[..<max(0, count)], as: UTF8.self).filter(\.isNumber)) else {
            return nil
        }
        return user == .max ? nil : user
    }

    var description: String {
        let login = loginUser.map { ", logged in as uid \($0)" } ?? ""
        return "edr-agent --release on the host (uid \(user)\(login))"
    }
}
