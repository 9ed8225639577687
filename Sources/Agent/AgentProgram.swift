import AgentSettings
import Daemon
import Glibc

/// The command line of `edr-agent`: reads the arguments, does what they say, exits.
package enum AgentProgram {
    package static func main() async {
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ words: [String]) async -> Int32 {
        let arguments: AgentArguments
        do throws(AgentArguments.UsageError) {
            arguments = try AgentArguments(words)
        } catch {
            printError("edr-agent: \(error)")
            return ExitStatus.usage
        }
        let home = Home.resolve(option: arguments.home)
        let daemon = AgentDaemon(home: home, file: arguments.configuration)
        switch arguments.action {
        case .showVersion:
            print(programVersion)
            return ExitStatus.done
        case .showHelp:
            print(AgentArguments.help, terminator: "")
            return ExitStatus.done
        case .testConfiguration:
            return daemon.testConfiguration(print: printError)
        case .release:
            return await ReleaseClient(home: home).run(print: { print($0) }, printError: printError)
        case .run:
            return await daemon.run(print: printError)
        case .enroll(let token, let manager, let name):
            return await enroll(token: token, manager: manager, name: name, home: home)
        }
    }

    private static func enroll(token: String, manager: ManagerAddress, name: String?, home: Home) async -> Int32 {
        let secret = token == "-" ? readLine() ?? "" : token
        do {
            let client = EnrollmentClient(home: home, manager: manager)
            let agent = try await client.enroll(token: secret, name: name ?? HostFacts.hostName)
            print("Enrolled as agent \(agent.id) (\(agent.name)); start it with: edr-agent --home \(home.path)")
            if let former = agent.formerID { print(advice(former: former, now: agent)) }
            return ExitStatus.done
        } catch let failure as EnrollmentClient.Failure {
            printError("edr-agent: enrollment failed: \(failure)")
            return failure.isUnreachable ? ExitStatus.unreachable : ExitStatus.failed
        } catch {
            printError("edr-agent: enrollment failed: \(error)")
            return ExitStatus.failed
        }
    }

    /// What is left to do in a home that was enrolled before.
    private static func advice(former: String, now agent: EnrollmentClient.Result) -> String {
        let restart = "An edr-agent that runs in this home must be restarted."
        guard agent.isSameManager else {
            return "This home was agent \(former) of another manager, where it may have to be removed "
                + "(edr-control agents remove \(former)), and etc/ may still name that manager. " + restart
        }
        return agent.id == former
            ? "This home was agent \(former) before and stays it. " + restart
            : "This home was agent \(former) before; remove that one on the manager when it does not come back "
                + "(edr-control agents remove \(former)). " + restart
    }

    private static func printError(_ line: String) {
        let text = line + "\n"
        _ = write(STDERR_FILENO, text, text.utf8.count)
    }
}
