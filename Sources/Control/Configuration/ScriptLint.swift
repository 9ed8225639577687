import ActiveResponse
import ConfigurationTree
import Foundation
import Policy

/// Looks whether the commands' executables could be run from a home's `active-response/bin`.
///
/// The agent and the manager check again, and more closely, each time that they run one: theirs is the last word. Here
/// it is about mistakes.
struct ScriptLint {
    /// The folder of the scripts, absolute.
    let folder: String
    let diagnostics: Diagnostics

    /// Checks every command that an enabled response uses.
    func check(_ policy: PolicyDefinition, sections: [ConfigNode]) {
        for command in policy.commands {
            let users = policy.responses.filter { !$0.disabled && $0.command.name == command.name }
            guard !users.isEmpty else { continue }
            let section = sections.first { $0.location == command.location }
            func warn(of option: String, _ problem: String) {
                let place = section?.children.last { $0.name == option }?.valueLocation ?? command.location
                diagnostics.warning("\(quoted(command.executable)) \(problem)\(Self.consequence(users))", at: place)
            }
            if let problem = problem(command.executable) {
                warn(of: "executable", problem)
            } else if let pin = command.containment.sha256, let problem = problem(command.executable, pin: pin) {
                warn(of: "sha256", problem)
            }
        }
    }

    /// Why a file is not the one that its command is pinned to; nil when it is.
    private func problem(_ executable: String, pin: [UInt8]) -> String? {
        let file = open(folder + "/" + executable, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "cannot be read for its SHA-256: \(String(cString: strerror(errno)))" }
        defer { close(file) }
        do {
            let sum = try FileDigest(of: file).sum
            return sum == pin
                ? nil : "has the SHA-256 \(FileDigest.text(sum)) here and is refused; correct the sum or the file"
        } catch {
            return "has no SHA-256: \(error)"
        }
    }

    /// What is not right, and what to do; nil when nothing is wrong.
    private func problem(_ executable: String) -> String? {
        let path = folder + "/" + executable
        guard let resolved = realpath(path, nil) else {
            return errno == ENOENT
                ? "does not exist in \(quoted(folder)); put it there, or correct the name"
                : "cannot be reached in \(quoted(folder)): \(String(cString: strerror(errno)))"
        }
        defer { free(resolved) }
        guard let root = realpath(folder, nil) else { return "cannot be reached in \(quoted(folder))" }
        defer { free(root) }
        let (target, home) = (String(cString: resolved), String(cString: root))
        guard target.hasPrefix(home + "/") else {
            return "leads out of \(quoted(folder)), to \(quoted(target)), and is refused; put the script itself there"
        }
        return problem(target: target, below: home)
    }

    private func problem(target: String, below home: String) -> String? {
        var path = home
        var status = stat()
        let below = target.dropFirst(home.count + 1).split(separator: "/").map { "/" + $0 }
        for component in [""] + below {
            path += component
            guard stat(path, &status) == 0 else { return "cannot be checked: \(String(cString: strerror(errno)))" }
            let what = path == target ? "" : "lies in the folder \(quoted(path)), which "
            if status.st_uid != 0, status.st_uid != geteuid() {
                return "\(what)belongs to user \(status.st_uid) and is refused; chown it to root"
            }
            if status.st_mode & 0o022 != 0 {
                return "\(what)is writable by group or others and is refused; chmod go-w"
            }
        }
        if status.st_mode & S_IFMT != S_IFREG { return "is not a regular file; name the script" }
        return status.st_mode & 0o111 == 0 ? "is not executable; chmod +x" : nil
    }

    /// Which machines it matters for.
    private static func consequence(_ users: [ActiveResponseDefinition]) -> String {
        let isOnManager = users.contains { $0.location == .server || $0.location == .all }
        return isOnManager ? "" : " (it runs on agents only, which have files of their own)"
    }
}
