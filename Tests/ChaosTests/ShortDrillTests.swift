import Foundation
import TestSupport
import Testing

@Suite struct `Killing everything` {
    /// The plan of this seed holds kills of both programs, a stop, a torn journal, a torn line and a rotation.
    @Test(.timeLimit(.minutes(5)))
    func `breaks no promise in a short drill`() async throws {
        // The disk is filled where a mount namespace keeps that to ourselves.
        let chaos = DaemonProcess.binaries + "/Chaos"
        let arguments = ["--seed", "6686", "--rounds", "12", "--agents", "2", "--alerts", "500"]
        let result =
            NetworkNamespace.isPossible
            ? try ShellCommand.run(
                "/usr/bin/unshare", ["--mount", "--propagation", "private", chaos, "--own-mounts"] + arguments)
            : try ShellCommand.run(chaos, arguments)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("every promise was kept"))
    }

    @Test func `a fault that does not exist is a usage error`() throws {
        let result = try ShellCommand.run(DaemonProcess.binaries + "/Chaos", ["--only", "kill-cat"])
        #expect(result.status == 64)
        #expect(result.errors.contains("kill-cat"))
    }
}
