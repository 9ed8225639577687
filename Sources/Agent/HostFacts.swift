import Glibc

/// What the agent tells the manager about its host.
enum HostFacts {
    /// The host's name, as `hostname` prints it.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "agent" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "agent" : String(decoding: bytes, as: UTF8.self)
    }

    /// The kernel's boot id.
    static var bootID: String { firstLine(of: "/proc/sys/kernel/random/boot_id") ?? "" }

    /// `PRETTY_NAME` of os-release(5).
    static var osName: String {
        let prefix = "PRETTY_NAME="
        guard let text = contents(of: "/etc/os-release"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(prefix) })
        else { return "Linux" }
        return String(line.dropFirst(prefix.count).filter { $0 != "\"" })
    }

    private static func firstLine(of path: String) -> String? {
        contents(of: path)?.split(separator: "\n").first.map(String.init)
    }

    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
