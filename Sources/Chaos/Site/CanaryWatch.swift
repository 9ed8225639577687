import ChaosChecking
import Foundation
import Synchronization
import TestSupport

/// Starts a script again and again, as an agent would, and measures how long the machine takes for it.
final class CanaryWatch: Sendable {
    private static let pause: UInt32 = 150_000

    private let path: String
    private let isOver = Atomic<Bool>(false)
    private let canaries = Mutex<[Canary]>([])
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter path: the file into which canaries record themselves.
    init(recording path: String) {
        self.path = path
        Thread.detachNewThread { [self] in
            while !isOver.load(ordering: .relaxed) {
                fly()
                usleep(Self.pause)
            }
            ended.signal()
        }
    }

    /// Ends the measuring; what was measured.
    func finish() -> [Canary] {
        isOver.store(true, ordering: .relaxed)
        ended.wait()
        return canaries.withLock { $0 }
    }

    private func fly() {
        unlink(path)
        let at = MonotonicClock.now()
        let recorder = DaemonProcess.binaries + "/ChaosRecorder"
        let arguments = ["-c", "exec \"$0\" \"$1\" 0", recorder, path]
        let environment = ["EDR_ACTION": "add"]
        guard (try? ShellCommand.run("/bin/sh", arguments, environment: environment))?.status == 0,
            let line = try? String(contentsOfFile: path, encoding: .utf8),
            let run = RecordedRun(line: line.split(separator: "\n").first ?? "")
        else { return }
        canaries.withLock { $0.append(Canary(at: at, delay: run.at - at)) }
    }
}
