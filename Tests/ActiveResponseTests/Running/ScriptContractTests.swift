import ActiveResponse
import Foundation
import TestSupport
import Testing

/// What scripts get from us, with real scripts (INTERFACE.md, "Script contract").
@Suite(.timeLimit(.minutes(5))) struct ScriptContractTests {
    /// Prints its arguments, one a line.
    private static let printArguments = "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"\n"

    private func lines(_ event: ResponseEvent) -> [String] {
        event.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test func `arguments stand at the same eight positions, each one word`() async throws {
        let machine = try TestExecutor()
        let extra = ["", "a b", "$(reboot)", "*", "\"'\\", "--help", "ü"]
        let event = try await machine.run(
            Self.printArguments,
            order(1, user: "eve", filename: "/tmp/a b;`x`", extra: extra, convention: .positional))
        #expect(
            lines(event) == [
                "\(machine.home.path)/active-response/bin/block", "add", "eve", "203.0.113.7", "1744557901.918273",
                "5712", "web-03", "/tmp/a b;`x`",
            ] + extra)
    }

    @Test func `what is not there is a dash, and the agent's id stands for its name`() async throws {
        let machine = try TestExecutor()
        var order = order(1, address: nil, convention: .positional)
        order.agentName = ""
        let event = try await machine.run(Self.printArguments, order)
        #expect(lines(event).dropFirst() == ["add", "-", "-", "1744557901.918273", "5712", "003", "-"])
    }

    @Test func `with protocol json the program stands alone, relative to home`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(Self.printArguments, order(1, extra: ["x"], convention: .json))
        #expect(lines(event) == ["active-response/bin/block"])
    }

    @Test func `the environment is exactly the fixed one`() async throws {
        let machine = try TestExecutor()
        let printed = try await machine.run(
            "#!/bin/sh\ntr '\\0' '\\n' < /proc/$$/environ\n",
            order(2, executable: "print", address: "203.0.113.9", user: "eve", timeout: 600))
        #expect(
            lines(printed) == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C",
                "EDR_HOME=\(machine.home.path)", "EDR_ACTION=add", "EDR_USER=eve", "EDR_SRCIP=203.0.113.9",
                "EDR_ALERT_ID=1744557901.918273", "EDR_RULE_ID=5712", "EDR_AGENT_ID=003", "EDR_AGENT_NAME=web-03",
                "EDR_FILENAME=", "EDR_TIMEOUT=600", "EDR_DISPATCH_ID=\(dispatch(2))",
                "EDR_MANAGER_ADDRESSES=192.0.2.1 2001:db8::1", "EDR_ALERT_TIME=1744557901482",
            ])
    }

    @Test func `a script runs in home, in a session of its own, with nothing else open`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(
            """
            #!/usr/bin/python3
            import os, resource, signal
            print(os.getcwd())
            print(os.getpid() == os.getpgrp() == os.getsid(0))
            print(sorted(fd for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd)))
            print(oct(os.umask(0)))
            print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
            print(resource.getrlimit(resource.RLIMIT_CORE)[0])
            print([os.readlink("/proc/self/fd/%d" % fd).split(":")[0] for fd in range(3)])

            """, order(1, convention: .positional))
        #expect(
            lines(event) == [
                machine.home.path, "True", "['0', '1', '2']", "0o22", "set()", "0", "['/dev/null', 'pipe', 'pipe']",
            ])
    }

    @Test func `standard input holds Wazuh's object on one line`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(
            "#!/bin/sh\nread -r line\nprintf '%s\\n' \"$line\"\n",
            order(1, extra: ["a \"b\""], alert: "{\"id\":\n\"1.2\"}"))
        #expect(
            lines(event) == [
                #"{"version":1,"origin":{"name":"soc-mgr","module":"wazuh-execd"},"command":"add","#
                    + #""parameters":{"extra_args":["a \"b\""],"alert":{"id": "1.2"},"#
                    + #""program":"active-response/bin/block"}}"#
            ])
    }

    @Test(arguments: ["", "{", "[]", "{\"a\":1}{}", "nonsense"])
    func `without an alert the object holds what the order knows`(alert: String) async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(
            "#!/bin/sh\nread -r line\nprintf '%s\\n' \"$line\"\n", order(1, user: "eve", filename: "/x", alert: alert))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(event.output)) as? [String: Any])
        let parameters = try #require(object["parameters"] as? [String: Any])
        let shown = try #require(parameters["alert"] as? [String: Any])
        #expect((shown["data"] as? [String: String]) == ["srcip": "203.0.113.7", "dstuser": "eve"])
        #expect((shown["syscheck"] as? [String: String]) == ["path": "/x"])
        #expect((shown["rule"] as? [String: String]) == ["id": "5712"])
    }

    @Test(arguments: [
        // Reads to the end.
        "#!/bin/sh\ncat > /dev/null\necho done\n",
        // Reads to the end by another way, and below another process.
        "#!/bin/bash\nx=$(sh -c 'exec 5<&0; cat <&5')\necho done\n",
        // Reads one line, and never again.
        "#!/bin/sh\nread -r line\necho done\n",
        // Never reads.
        "#!/bin/sh\necho done\n",
        // Closes its input.
        "#!/bin/sh\nexec 0<&-\nsleep 0.1\necho done\n",
        // Prints much first, then reads to the end.
        "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' x\ncat > /dev/null\necho done\n",
        // Waits for its input in poll(2) before it reads to the end.
        """
        #!/usr/bin/python3
        import os, select
        while select.select([0], [], [])[0] and os.read(0, 65536): pass
        print("done")

        """,
        // Asks for check_keys, is answered, then prints and reads on.
        """
        #!/bin/sh
        read -r line
        sleep 0.05
        printf '%s' '{"version":1,"origin":{"name":"x","module":"active-response"},'
        echo '"command":"check_keys","parameters":{"keys":["a"]}}'
        read -r reply
        case $reply in *'"command":"continue"'*) cat; echo done ;; *) echo "$reply" ;; esac

        """,
    ])
    func `whatever a script does with its input, it ends`(script: String) async throws {
        let machine = try TestExecutor()
        let event = try await machine.run(script, order(1))
        #expect(event.kind == .finished)
        #expect(event.exitStatus == 0)
        #expect(event.text.hasSuffix("done\n"))
    }

    @Test func `a script that takes its time before it asks is answered`() async throws {
        let machine = try TestExecutor()
        let script = """
            #!/bin/sh
            read -r line
            sleep 2
            echo '{"version":1,"origin":{"name":"x","module":"active-response"},"command":"check_keys",'\
            '"parameters":{"keys":["a"]}}'
            read -r reply || exit 9
            case $reply in *'"command":"continue"'*) exit 0 ;; *) exit 8 ;; esac

            """
        let event = try await machine.run(script, order(1))
        #expect(event.exitStatus == 0)
    }

    @Test func `two alerts about one address and different users are one ban for a script that says so`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript(
            "block",
            """
            #!/bin/sh
            read -r line
            if [ $1 = add ]; then
                echo '{"version":1,"origin":{"name":"x","module":"active-response"},"command":"check_keys",'\
            '"parameters":{"keys":["'$3'"]}}'
                read -r reply
                case $reply in *'"command":"continue"'*) ;; *) echo aborted; exit 0 ;; esac
            fi
            echo $1 $2 >> $EDR_HOME/seen

            """)
        machine.executor.submit(order(1, user: "root", timeout: 600))
        _ = await machine.recorder.first(.active, dispatch(1))
        machine.executor.submit(order(2, user: "admin", timeout: 900))
        let second = await machine.recorder.first(.prolonged, dispatch(2))
        #expect(second.text.hasSuffix("aborted\n"))
        machine.executor.undo(dispatch(1), by: "a test")
        _ = await machine.recorder.first(.undone, dispatch(1))
        #expect(machine.home.text(of: "seen") == "add root\ndelete root\n")
    }

    @Test func `a script without a first line that names its interpreter is run by the shell`() async throws {
        let machine = try TestExecutor()
        let event = try await machine.run("echo \"$0 $1 $3\"\n", order(1))
        #expect(event.exitStatus == 0)
        #expect(event.text == "\(machine.home.path)/active-response/bin/block add 203.0.113.7\n")
        let binary = try await machine.run("\u{7F}XYZ\0\0\0\n", order(2, executable: "binary"))
        #expect(binary.kind == .failed)
        #expect(binary.detail.contains("neither a program"))
    }

    @Test func `an alert larger than a pipe arrives whole`() async throws {
        let machine = try TestExecutor()
        let alert = "{\"full_log\":\"\(String(repeating: "x", count: 900_000))\"}"
        let event = try await machine.run("#!/bin/sh\nsleep 0.1\nwc -c\n", order(1, alert: alert))
        let count = Int(event.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        #expect(count > 900_000)
        let ignored = try await machine.run("#!/bin/sh\nexit 4\n", order(2, executable: "ignore", alert: alert))
        #expect(ignored.exitStatus == 4)
    }

    @Test func `the undo gets the same as the run, but for delete`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript(
            "block",
            "#!/bin/sh\nread -r line\n{ printf '%s\\n' \"$@\"; env; printf '%s\\n' \"$line\"; } > $EDR_HOME/$1.txt\n")
        let order = order(1, user: "eve", timeout: 1, extra: ["x y"])
        machine.executor.submit(order)
        _ = await machine.recorder.first(.undone, order.id)
        let add = try #require(machine.home.text(of: "add.txt"))
        let delete = try #require(machine.home.text(of: "delete.txt"))
        #expect(add.hasPrefix("add\neve\n203.0.113.7\n"))
        #expect(
            delete
                == add.replacing("add\neve", with: "delete\neve").replacing("EDR_ACTION=add", with: "EDR_ACTION=delete")
                .replacing(#""command":"add""#, with: #""command":"delete""#))
        #expect(machine.recorder.kinds(order.id) == [.received, .started, .active, .undoing, .undone])
    }
}
