import ArgumentParser
import Daemon
package import Foundation

/// The whole of `edr-control`, so that its executable holds nothing and tests can run it.
package enum ControlProgram {
    /// Runs one command line.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - timeZone: in which people are told times.
    /// - Returns: the exit status (INTERFACE.md, "Programs").
    package static func run(
        arguments: [String], console: Console = .standard, timeZone: TimeZone = .current
    ) async -> Int32 {
        var arguments = arguments
        let url: ManagerURL?
        do throws(ControlError) {
            url = try ManagerURL.take(from: &arguments)
        } catch {
            console.complain(error.description)
            return error.exitStatus
        }
        let command: any ParsableCommand
        do {
            command = try EDRControl.parseAsRoot(arguments)
        } catch {
            return explain(error, to: console)
        }
        guard let command = command as? any ControlCommand else { return helpInstead(of: command, to: console) }
        let place = Result { () throws(ControlError) in
            try ControlPlace(url: url, command.options, environment: ProcessInfo.processInfo.environment)
        }
        let session = ControlSession(
            place: place, format: command.options.output, console: console, times: LocalTime(timeZone: timeZone))
        do throws(ControlError) {
            try await command.perform(in: session)
            return ExitStatus.done
        } catch {
            console.complain(error.description)
            return error.exitStatus
        }
    }

    /// `help`, or a group of verbs without a verb: the one is an answer, the other a mistake.
    private static func helpInstead(of command: any ParsableCommand, to console: Console) -> Int32 {
        if command is any VerbGroup {
            console.error(EDRControl.helpMessage(for: type(of: command)))
            return ExitStatus.usage
        }
        do {
            var command = command
            try command.run()
            return ExitStatus.done
        } catch {
            return explain(error, to: console)
        }
    }

    private static func explain(_ error: any Error, to console: Console) -> Int32 {
        let status = EDRControl.exitCode(for: error)
        let message = EDRControl.fullMessage(for: error)
        guard status.isSuccess else {
            console.error(message)
            return ExitStatus.usage
        }
        console.print(message)
        return ExitStatus.done
    }
}
