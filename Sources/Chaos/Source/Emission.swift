import ChaosChecking
import Foundation
import Synchronization

/// The thread that writes alerts in bursts, evenly over the time of a drill.
final class Emission: Sendable {
    private let hurries = Atomic<Bool>(false)
    private let failure = Mutex<(any Error)?>(nil)
    private let done = DispatchSemaphore(value: 0)

    /// - Parameter milliseconds: over how much time they are spread.
    init(_ writer: AlertWriter, count: Int, over milliseconds: Int, seed: UInt64) {
        Thread.detachNewThread { [self] in
            var generator = SeededGenerator(seed: seed &+ 1)
            var left = count
            do {
                while left > 0 {
                    let burst = min(left, Int.random(in: 1...20, using: &generator))
                    for _ in 0..<burst { try writer.emit() }
                    left -= burst
                    let pause = hurries.load(ordering: .relaxed) ? 1000 : milliseconds * 1000 / count * burst
                    usleep(UInt32(min(pause, 1_000_000)))
                }
            } catch {
                failure.withLock { $0 = error }
            }
            done.signal()
        }
    }

    /// Writes what is left without long pauses, and waits for the end.
    func finish() throws {
        hurries.store(true, ordering: .relaxed)
        done.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
