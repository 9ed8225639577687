import Foundation
import TestSupport
import Testing

/// The control API over TLS and for others than root, with the real programs.
@Suite(.timeLimit(.minutes(5))) struct `The API for others than root` {
    @Test func `each role may do its own and no more, and the audit trail says who it was`() async throws {
        let site = try await APISite()
        let (viewer, acting, admin) = (try site.token("viewer"), try site.token("operator"), try site.token("admin"))
        #expect(try site.control(viewer, "status").output.contains("uptime"))
        #expect(try site.control(viewer, "-o", "json", "agents", "list").output == "[]\n")
        let refused = try site.control(viewer, "stop-all", "--reason", "drill")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("takes the role operator, and the token \"viewer\" has the role viewer"))

        #expect(try site.control(acting, "stop-all", "--reason", "drill").status == 0)
        #expect(try site.control(acting, "resume").status == 0)
        for words in [["reload"], ["enroll", "token"], ["api-token", "create", "--name", "x", "--role", "viewer"]] {
            let refused = try ShellCommand.run(
                DaemonProcess.binaries + "/edr-control", words,
                environment: [
                    "EDR_URL": "https://127.0.0.1:\(site.port)", "EDR_TOKEN_FILE": acting,
                    "EDR_CA_FILE": site.authorityFile,
                ])
            #expect(refused.status == 1 && refused.errors.contains("takes the role admin"), "\(refused)")
        }

        #expect(try site.control(admin, "reload").status == 0)
        #expect(try site.control(admin, "enroll", "token").output.hasPrefix("edr1."))
        let made = try site.control(admin, "api-token", "create", "--name", "second", "--role", "viewer")
        #expect(made.status == 0 && made.output.hasPrefix("edr-api-"))
        #expect(try site.control(admin, "api-token", "revoke", "second").status == 0)
        #expect(try site.control(admin, "api-token", "revoke", "second").status == 1)

        let changes = try site.fleet.control("changes").output
        #expect(changes.contains("api:operator@127.0.0.1: drill"))
        #expect(changes.contains("second, role viewer"))
        let listed = try site.control(viewer, "api-token", "list").output
        #expect(listed.contains("operator") && listed.contains("127.0.0.1"))
        for file in [viewer, acting, admin] {
            let text = try site.text(of: file)
            #expect(!listed.contains(text) && !changes.contains(text))
            #expect(!site.manager.lines.contains { $0.contains(text) })
            let status = try FileManager.default.attributesOfItem(atPath: file)
            #expect(status[.posixPermissions] as? Int == 0o600)
        }
        let search = try ShellCommand.run(
            "/bin/grep", ["-rl", try site.text(of: admin), site.fleet.managerHome.path + "/var"])
        #expect(search.output == "")
        #expect(await site.manager.stop() == 0)
    }

    @Test func `the client sends its token to nobody but the manager, and keeps it from others`() async throws {
        let site = try await APISite()
        let token = try site.token("viewer")
        let other = try Fleet(policy: policy(level: 16))
        let stranger = try await other.startManager()
        let foreign = try site.control(token, "status", ca: other.managerHome.path + "/etc/tls/ca.pem")
        #expect(foreign.status == 69 && foreign.errors.contains("certificate was rejected"), "\(foreign)")
        await stranger.stop()

        #expect(chmod(token, 0o640) == 0)
        let loose = try site.control(token, "status")
        #expect(loose.status == 1 && loose.errors.contains("set mode 600"), "\(loose)")
        #expect(chmod(token, 0o600) == 0)
        try site.fleet.managerHome.write("two words", to: "words.token")
        #expect(try site.control(site.fleet.managerHome.path + "/words.token", "status").status == 1)
        #expect(try site.control(token, "status", ca: "/nowhere.pem").status == 1)
        #expect(try site.control(token, "status").status == 0)
        await site.manager.stop()
        let gone = try site.control(token, "status")
        #expect(gone.status == 69 && gone.errors.contains("Connection refused"), "\(gone)")
    }

    @Test func `wrong options are wrong usage, and matter only to verbs that ask the manager`() throws {
        func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Int32 {
            try ShellCommand.run(DaemonProcess.binaries + "/edr-control", arguments, environment: environment).status
        }
        #expect(try run("--url", "http://127.0.0.1:1", "--token-file", "/x", "status") == 64)
        #expect(try run("--url", "https://127.0.0.1:1", "status") == 64)
        #expect(try run("--token-file", "/x", "status") == 64)
        #expect(try run("status", environment: ["EDR_URL": "nonsense"]) == 64)
        // The home that is named comes before the URL of the environment.
        #expect(try run("--home", "/nowhere", "status", environment: ["EDR_URL": "nonsense"]) == 69)
        let home = try TemporaryHome()
        try home.write("<edr_config></edr_config>", to: "etc/edr-manager.conf")
        #expect(
            try run(
                "config", "check", home.path + "/etc/edr-manager.conf", environment: ["EDR_URL": "nonsense"]) == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func `members of the group that is configured have its role on the socket, and nobody else any`() async throws {
        let site = try await APISite("<socket_group>nogroup</socket_group>")
        let home = site.fleet.managerHome.path
        func ask(_ user: [String], _ path: String, _ method: String = "GET") throws -> String {
            let answer = try ShellCommand.run(
                "/usr/bin/setpriv",
                user + [
                    "/usr/bin/curl", "-s", "-w", "\n%{http_code}", "-X", method, "--unix-socket",
                    home + "/run/manager.sock", "http://localhost" + path,
                ])
            return answer.output
        }
        let member = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        let other = ["--reuid=65533", "--regid=65533", "--clear-groups"]
        #expect(try ask(member, "/v1/status").hasSuffix("200"))
        let refused = try ask(member, "/v1/stop", "POST")
        #expect(refused.hasSuffix("403") && refused.contains("takes the role operator"))
        #expect(try ask(other, "/v1/status").hasSuffix("000"))
        // Who comes in by another way, such as a mode set by hand, is nobody all the same without a group.
        await site.manager.stop()
        try site.fleet.managerHome.write("<edr_config></edr_config>", to: "etc/conf.d/api.conf")
        let again = try await site.fleet.startManager()
        #expect(try ask(member, "/v1/status").hasSuffix("000"))
        #expect(chmod(home + "/run", 0o755) == 0 && chmod(home + "/run/manager.sock", 0o666) == 0)
        let stranger = try ask(other, "/v1/status")
        #expect(stranger.hasSuffix("403") && stranger.contains("only root may use this socket"))
        await again.stop()
    }

    @Test func `a group that does not exist keeps the manager from starting`() async throws {
        let fleet = try Fleet(policy: "<api><socket_group>no-such-group</socket_group></api>")
        let manager = try DaemonProcess("edr-manager", ["--home", fleet.managerHome.path])
        try await manager.line(containing: "no-such-group", "which <socket_group> in <api> names")
        #expect(await manager.status() == 1)
    }
}
