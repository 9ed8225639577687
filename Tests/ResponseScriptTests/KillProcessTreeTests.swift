import Foundation
import TestSupport
import Testing

@Suite struct `kill-process-tree` {
    let script = ResponseScript(name: "kill-process-tree")

    func run(_ pid: String, alertTime: Int = `kill-process`.after(), home: String = "/nonexistent") throws
        -> CommandResult
    {
        try ShellCommand.run(
            script.path, script.arguments("add", extra: [pid]),
            environment: ResponseScript.environment(["EDR_ALERT_TIME": String(alertTime), "EDR_HOME": home]))
    }

    /// A process that started others, and their ids as it prints them.
    ///
    /// It leads a session, as services do.
    func family(_ script: String) throws -> (Victim, [String]) {
        let victim = try Victim("/usr/bin/setsid", ["/bin/bash", "-c", script])
        return (victim, try victim.awaitOutput().split(separator: " ").map(String.init))
    }

    /// Whether a process runs; one that is dead and waits for its parent does not.
    func isAlive(_ pid: String) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return !stat.contains(") Z ")
    }

    static let descendants = """
        sleep 1000 & a=$!
        coproc { sleep 1000 & echo $!; exec sleep 1000; }
        read b <&${COPROC[0]}
        setsid sleep 1000 & d=$!
        orphan=$(sleep 1000 >/dev/null & echo $!)
        echo "$a $b $COPROC_PID $d $orphan"
        wait
        """

    @Test func `the whole tree is killed, with what its own parent has left behind`() throws {
        let bystander = try Victim()
        let (victim, pids) = try family(Self.descendants)
        #expect(pids.count == 5)
        for pid in pids { #expect(isAlive(pid)) }
        let result = try run(victim.pid)
        try #require(result.status == 0, "\(result)")
        #expect(result.output.contains("and 5 that it led to are killed"), "\(result)")
        #expect(victim.endingSignal() == SIGKILL)
        for pid in pids { #expect(!isAlive(pid)) }
        #expect(bystander.isAlive)
        let again = try run(victim.pid)
        #expect(again.status == 0, "\(again)")
        #expect(again.output.contains("there is no process"))
    }

    @Test func `nothing forks away`() throws {
        // Three processes that each end as soon as they have started the next one. They give up by themselves, because
        // nobody else could end them if this test were killed.
        let folder = try TemporaryFolder()
        let victim = try Victim(
            "/usr/bin/setsid",
            [
                "/usr/bin/perl", "-e",
                """
                chdir "\(folder.path)"; $SIG{CHLD} = "IGNORE";
                $end = time + 60;
                for (1 .. 3) { if (!fork) { while (time < $end) { exit if fork } exit } }
                syswrite STDOUT, "ready\\n"; sleep 1000
                """,
            ])
        try victim.awaitOutput()
        let result = try run(victim.pid)
        try #require(result.status == 0, "\(result)")
        #expect(victim.endingSignal() == SIGKILL)
        let survivors = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { pid in
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
            return place == folder.path && isAlive(pid)
        }
        #expect(survivors.isEmpty)
        for pid in survivors { kill(pid_t(pid) ?? 0, SIGKILL) }
    }

    @Test func `a tree that started after the alert lives on and is not stopped`() throws {
        let before = Int(Date().timeIntervalSince1970 * 1000) - 1000
        let (victim, pids) = try family(Self.descendants)
        let result = try run(victim.pid, alertTime: before)
        #expect(result.status == 1)
        #expect(result.errors.contains("after the alert"))
        for pid in [victim.pid] + pids {
            #expect(try !String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8).contains(") T "))
        }
        #expect(try run(victim.pid).status == 0)
    }

    @Test func `a tree with the manager in it is left as it was`() throws {
        let home = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: home.path + "/run", withIntermediateDirectories: false)
        let (victim, pids) = try family(Self.descendants)
        try home.write(pids[1] + "\n", to: "run/edr-manager.pid")
        let result = try run(victim.pid, home: home.path)
        #expect(result.status == 1)
        #expect(result.errors.contains("is edr-manager and belongs to the tree"), "\(result)")
        for pid in [victim.pid] + pids {
            #expect(try !String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8).contains(") T "))
        }
        #expect(try run(victim.pid).status == 0)
    }

    @Test func `what runs the script is refused`() throws {
        let own = try run(String(getpid()))
        #expect(own.status == 1)
        #expect(own.errors.contains("runs it; refused"))
    }

    @Test(arguments: ["", "-", "0", "1", "-1", "007", "12 13", "12;13", "$$", "*", "../self", "99999999999999"])
    func `what is no process id is refused`(pid: String) throws {
        let result = try run(pid)
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
    }
}
