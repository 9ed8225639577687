import Foundation
import TestSupport
import Testing

@Suite struct `kill-process` {
    let script = ResponseScript(name: "kill-process")
    let now = Int(Date().timeIntervalSince1970 * 1000)

    func run(_ pid: String, alertTime: Int? = nil, alertID: String = "-", input: String = "", home: String? = nil)
        throws -> CommandResult
    {
        var environment = ResponseScript.environment()
        if let alertTime { environment["EDR_ALERT_TIME"] = String(alertTime) }
        if let home { environment["EDR_HOME"] = home }
        return try ShellCommand.run(
            script.path, script.arguments("add", alertID: alertID, extra: [pid]), input: input,
            environment: environment)
    }

    /// The unix milliseconds of an instant that is certainly after what has happened so far, at the resolution of
    /// process starts.
    static func after() -> Int { Int(Date().timeIntervalSince1970 * 1000) + 20 }

    @Test func `a process that was there before the alert is killed`() throws {
        let victim = try Victim()
        let result = try run(victim.pid, alertTime: Self.after())
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("is killed"))
        #expect(victim.endingSignal() == SIGKILL)
        let again = try run(victim.pid, alertTime: Self.after())
        #expect(again.status == 0, "\(again)")
        #expect(again.output.contains("there is no process"))
    }

    @Test func `a process that started after the alert lives on`() throws {
        let before = now - 1000
        let victim = try Victim()
        let result = try run(victim.pid, alertTime: before)
        #expect(result.status == 1)
        #expect(result.errors.contains("after the alert"))
        #expect(victim.isAlive)
    }

    @Test func `the alert on standard input tells the time when the environment does not`() throws {
        let victim = try Victim()
        func message(_ alert: String) -> String {
            "{\"version\":1,\"command\":\"add\",\"parameters\":{\"extra_args\":[],\"alert\":{\(alert)}}}\n"
        }
        let old = try run(
            victim.pid, input: message("\"timestamp\":\"2020-05-01T12:00:00.123+0000\",\"id\":\"1.2\""))
        #expect(old.status == 1)
        #expect(old.errors.contains("after the alert"))
        // What an attacker may write into the log is no time of the alert.
        let forged = try run(
            victim.pid, alertID: "1600000000.1",
            input: message("\"rule\":{},\"data\":{\"alert\":{\"timestamp\":\"2099-01-01T00:00:00.000+0000\"}}"))
        #expect(forged.status == 1)
        #expect(forged.errors.contains("after the alert"))
        #expect(victim.isAlive)
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 7200)
        formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss.SSSZZZ"
        let stamp = formatter.string(from: Date(timeIntervalSinceNow: 0.02))
        let young = try run(victim.pid, input: message("\"timestamp\":\"\(stamp)\""))
        #expect(young.status == 0, "\(young)")
        #expect(victim.endingSignal() == SIGKILL)
    }

    @Test func `the seconds in the alert's id count up to their end`() throws {
        let victim = try Victim()
        let seconds = Int(Date().timeIntervalSince1970)
        #expect(try run(victim.pid, alertID: "\(seconds - 2).4242").status == 1)
        #expect(victim.isAlive)
        let result = try run(victim.pid, alertID: "\(seconds).4242")
        #expect(result.status == 0, "\(result)")
        #expect(victim.endingSignal() == SIGKILL)
    }

    @Test(arguments: ["-", "", "x.1", "12", "0.1", "99999999999999999999.1"])
    func `without the time of the alert nothing is killed`(alertID: String) throws {
        let victim = try Victim()
        let result = try run(victim.pid, alertID: alertID)
        #expect(result.status == 1)
        #expect(result.errors.contains("EDR_ALERT_TIME"))
        #expect(victim.isAlive)
    }

    @Test func `an input that nobody writes to or closes does not hang it`() throws {
        let victim = try Victim()
        // The shell's own input is the reading end of a pipe whose writing end it holds open itself.
        let result = try ShellCommand.run(
            "/bin/bash",
            ["-c", "exec 5<> <(:) <&5; \"$0\" \"$@\"", script.path]
                + script.arguments("add", alertID: "-", extra: [victim.pid]),
            environment: ResponseScript.environment())
        #expect(result.status == 1)
        #expect(result.errors.contains("EDR_ALERT_TIME"))
        #expect(victim.isAlive)
    }

    @Test(arguments: ["", "-", "0", "-1", "+5", "007", "1e3", "12 13", "12;13", "99999999999999", "self", "$$"])
    func `what is no process id is refused`(pid: String) throws {
        let result = try run(pid, alertTime: Self.after())
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func `process 1 and kernel threads are refused`() throws {
        #expect(try run("1", alertTime: Self.after()).errors.contains("refused"))
        // In a container the second process is anybody.
        if try String(contentsOfFile: "/proc/2/comm", encoding: .utf8) == "kthreadd\n" {
            #expect(try run("2", alertTime: Self.after()).errors.contains("kernel thread; refused"))
        }
    }

    @Test func `what runs the script is refused, and so is a thread of it`() throws {
        let own = try run(String(getpid()), alertTime: Self.after())
        #expect(own.status == 1)
        #expect(own.errors.contains("runs it; refused"))
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        let other = try #require(threads.first { $0 != String(getpid()) })
        let thread = try run(other, alertTime: Self.after())
        #expect(thread.status == 1)
        #expect(thread.errors.contains("is a thread of process \(getpid())"))
    }

    @Test(arguments: ["edr-agent", "edr-manager"])
    func `the daemons of this home are refused`(daemon: String) throws {
        let victim = try Victim()
        let home = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: home.path + "/run", withIntermediateDirectories: false)
        try home.write(victim.pid + "\n", to: "run/\(daemon).pid")
        let result = try run(victim.pid, alertTime: Self.after(), home: home.path)
        #expect(result.status == 1)
        #expect(result.errors.contains("is \(daemon); refused"))
        #expect(victim.isAlive)
    }

    @Test func `an agent's script does not kill the manager that was installed with it`() throws {
        // Programs by those names, which run the script, and are to be killed by it. Copied by another process: while
        // this one had them open for writing, so had what it starts meanwhile, and they could not be run.
        let installed = try TemporaryFolder()
        for (name, program) in [("edr-agent", "/bin/bash"), ("edr-manager", "/bin/sleep")] {
            _ = try ShellCommand.run("/bin/cp", [program, "\(installed.path)/\(name)"])
        }
        func run(against victim: Victim) throws -> CommandResult {
            var environment = ResponseScript.environment()
            environment["EDR_ALERT_TIME"] = String(Self.after())
            return try ShellCommand.run(
                installed.path + "/edr-agent",
                ["-c", "\"$0\" \"$@\"; exit $?", script.path]
                    + script.arguments("add", extra: [victim.pid]), environment: environment)
        }
        let manager = try Victim(installed.path + "/edr-manager")
        let refused = try run(against: manager)
        #expect(refused.errors.contains("is edr-manager; refused"), "\(refused)")
        #expect(manager.isAlive)
        // Its name alone protects nothing.
        let elsewhere = try TemporaryFolder()
        _ = try ShellCommand.run("/bin/cp", ["/bin/sleep", "\(elsewhere.path)/edr-manager"])
        let impostor = try Victim(elsewhere.path + "/edr-manager")
        #expect(try run(against: impostor).status == 0)
        #expect(impostor.endingSignal() == SIGKILL)
    }

    @Test func `a process cannot hide behind its name`() throws {
        // Its name reads like the end of a dead process's line, with a line break in it.
        let victim = try Victim(
            "/usr/bin/perl",
            [
                "-e",
                #"open F, ">", "/proc/self/comm"; syswrite F, "a) Z 1\n 2 (b"; syswrite STDOUT, "ready\n"; sleep 1000"#,
            ])
        try victim.awaitOutput()
        let result = try run(victim.pid, alertTime: Self.after())
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("is killed"))
        #expect(victim.endingSignal() == SIGKILL)
    }

    @Test func `a process that is dead and only waits for its parent counts as ended`() throws {
        // Perl reaps nothing unless it is told to; a shell might have reaped the child before anybody could look.
        let parent = try Victim(
            "/usr/bin/perl",
            ["-e", #"$| = 1; my $child = fork; exit 0 unless $child; print "$child\n"; sleep 1000"#])
        let child = try parent.awaitOutput()
        var state = ""
        while !state.contains(") Z ") {
            state = try String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
        }
        let result = try run(child, alertTime: Self.after())
        #expect(result.status == 0)
        #expect(result.output.contains("ended already"))
    }

    @Test func `there is nothing to undo`() throws {
        let victim = try Victim()
        let result = try ShellCommand.run(
            script.path, script.arguments("delete", extra: [victim.pid]), environment: ResponseScript.environment())
        #expect(result.status == 0)
        #expect(victim.isAlive)
    }
}
