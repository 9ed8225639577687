import Glibc

/// The folder under which everything of one daemon lives, and the names of what is in it
/// (INTERFACE.md, "Home").
package struct Home: Sendable, Equatable {
    /// The home when neither `--home` nor `EDR_HOME` names one.
    package static let defaultPath = "/var/edr"

    /// The absolute path of the home, without a trailing slash.
    package let path: String

    /// Makes a home of a path; a relative one is taken from the current folder.
    package init(_ path: String) {
        var path = path
        if !path.hasPrefix("/") {
            path = Self.currentFolder() + "/" + path
        }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// The home that `option` names, else `EDR_HOME`, else ``defaultPath``.
    package static func resolve(option: String?) -> Home {
        if let option { return Home(option) }
        if let value = getenv("EDR_HOME"), value.pointee != 0 { return Home(String(cString: value)) }
        return Home(defaultPath)
    }

    package var etc: String { path + "/etc" }
    package var tls: String { path + "/etc/tls" }
    package var logs: String { path + "/logs" }
    package var alertsLog: String { path + "/logs/alerts/alerts.log" }
    /// Where the ledger's chain, or an agent's record, is vouched for.
    package var auditLog: String { path + "/logs/audit.log" }
    /// On an agent: the end of the record in ``auditLog``.
    package var auditHead: String { path + "/var/audit.head" }
    package var ledger: String { path + "/var/manager.db" }
    /// On the manager: there while a stop is in force that the ledger could not take.
    package var stopMark: String { path + "/var/stopped" }
    package var state: String { path + "/var" }
    package var run: String { path + "/run" }
    package var controlSocket: String { path + "/run/manager.sock" }
    package var agentSocket: String { path + "/run/agent.sock" }
    package var responseScripts: String { path + "/active-response/bin" }

    /// The most bytes that the path of a Unix socket may have: `sun_path` without its final zero (unix(7)).
    package static let longestSocketPath = 107

    /// Refuses a home whose control socket could not be opened.
    package func checkControlSocket() throws(DaemonError) {
        let length = controlSocket.utf8.count
        guard length > Self.longestSocketPath else { return }
        throw DaemonError(
            "the path of the control socket \"\(controlSocket)\" has \(length) bytes, and a Unix socket's may have "
                + "\(Self.longestSocketPath); choose a home with a shorter path")
    }

    /// Makes the folders that are missing, each with the mode that keeps its contents from other users.
    ///
    /// Folders that exist keep the mode that the administrator gave them.
    package func createFolders() throws(DaemonError) {
        let folders: [(String, mode_t)] = [
            (path, 0o755), (etc, 0o750), (tls, 0o700), (path + "/active-response", 0o755), (responseScripts, 0o755),
            (logs, 0o750), (logs + "/alerts", 0o750), (state, 0o700), (run, 0o750),
        ]
        for (folder, mode) in folders {
            try Self.createFolder(folder, mode: mode)
        }
    }

    private static func createFolder(_ folder: String, mode: mode_t) throws(DaemonError) {
        if mkdir(folder, mode) == 0 { return }
        if errno == EEXIST { return }
        if errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            try createFolder(String(folder[..<slash]), mode: 0o755)
            if mkdir(folder, mode) == 0 || errno == EEXIST { return }
        }
        throw DaemonError("cannot create the folder \"\(folder)\"", errno: errno)
    }

    private static func currentFolder() -> String {
        guard let current = getcwd(nil, 0) else { return "" }
        defer { free(current) }
        return String(cString: current)
    }
}
