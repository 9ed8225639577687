import Foundation

/// A folder of programs, for a PATH without the ones that are not to be found.
package final class ProgramFolder: Sendable {
    package let path: String

    /// - Parameter programs: the names; those that are not installed are left out.
    package init(_ programs: [String]) throws {
        path = NSTemporaryDirectory() + "/edr-programs-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for program in programs {
            for folder in ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] where access("\(folder)/\(program)", X_OK) == 0 {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(path)/\(program)", withDestinationPath: "\(folder)/\(program)")
                break
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Everything that the firewall scripts use but nft.
    package static func withoutNft() throws -> ProgramFolder {
        try ProgramFolder([
            "sh", "awk", "cat", "head", "tr", "readlink", "flock", "sleep", "getent", "timeout", "wc", "iptables",
            "ip6tables", "iptables-restore", "ip6tables-restore", "iptables-save", "ip6tables-save",
        ])
    }
}
