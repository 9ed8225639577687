import AgentProtocol
import NIOCore
import Testing

@Suite struct `Signs of life` {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test func `a silent peer is asked, asked again and given up`() {
        var heartbeat = Heartbeat(now: start)
        #expect(heartbeat.nextTick == at(8))
        #expect(heartbeat.tick(now: at(7)) == .wait)
        #expect(heartbeat.tick(now: at(8)) == .ping(nonce: 1))
        #expect(heartbeat.tick(now: at(8)) == .wait)
        #expect(heartbeat.nextTick == at(16))
        #expect(heartbeat.tick(now: at(16)) == .ping(nonce: 2))
        #expect(heartbeat.nextTick == at(20))
        #expect(heartbeat.tick(now: at(19)) == .wait)
        #expect(heartbeat.tick(now: at(20)) == .dead)
        #expect(heartbeat.tick(now: at(1000)) == .dead)
    }

    @Test func `a peer that answers lives for ever`() {
        var heartbeat = Heartbeat(now: start)
        for round in 1...100 {
            let now = heartbeat.nextTick
            #expect(heartbeat.tick(now: now) == .ping(nonce: UInt64(round)))
            heartbeat.heard(now: now + .milliseconds(5))
        }
    }

    @Test func `on a busy link no ping is sent`() {
        var heartbeat = Heartbeat(now: start)
        for second in stride(from: 5, through: 100, by: 5) {
            #expect(heartbeat.tick(now: at(Int64(second))) == .wait)
            heartbeat.heard(now: at(Int64(second)))
        }
        #expect(heartbeat.nextTick == at(108))
    }

    @Test func `what was heard late does not turn the time back`() {
        var heartbeat = Heartbeat(now: start)
        heartbeat.heard(now: at(7))
        heartbeat.heard(now: at(3))
        #expect(heartbeat.nextTick == at(15))
    }

    @Test func `a tick that comes much too late gives the peer up without a ping`() {
        var heartbeat = Heartbeat(now: start)
        #expect(heartbeat.tick(now: at(21)) == .dead)
    }

    @Test func `whatever the times, a peer is asked before it is given up`() {
        for (interval, deadAfter) in [(8, 1), (8, 8), (8, 15), (1, 100), (0, 0), (-5, -5)] as [(Int64, Int64)] {
            var heartbeat = Heartbeat(now: start, interval: .seconds(interval), deadAfter: .seconds(deadAfter))
            let first = heartbeat.nextTick
            #expect(first > start)
            #expect(heartbeat.tick(now: first) == .ping(nonce: 1))
            var last = Heartbeat.Action.wait
            while last != .dead {
                let next = heartbeat.nextTick
                last = heartbeat.tick(now: next)
                // A tick at the announced time always has something to do, or its owner would spin.
                #expect(last != .wait)
                if last == .wait { break }
            }
        }
    }
}

@Suite struct `Waits between attempts` {
    /// Always draws the same bits.
    private struct Fixed: RandomNumberGenerator {
        let value: UInt64
        mutating func next() -> UInt64 { value }
    }

    @Test func `the bound doubles up to the maximum and starts anew after a success`() {
        var backoff = Backoff()
        var highest = Fixed(value: .max)
        let waits = (0..<12).map { _ in backoff.next(using: &highest) }
        let bounds: [Double] = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30, 30]
        for (wait, bound) in zip(waits, bounds) {
            #expect(abs(wait / .seconds(1) - bound) < 1e-6)
        }
        backoff.wasConnected(for: .seconds(5))
        #expect(backoff == Backoff())
    }

    @Test func `a connection that ends at once is no success`() {
        var backoff = Backoff()
        var highest = Fixed(value: .max)
        for _ in 0..<5 {
            _ = backoff.next(using: &highest)
            backoff.wasConnected(for: .milliseconds(10))
        }
        #expect(backoff.next(using: &highest) > .seconds(6))
        backoff.wasConnected(for: .milliseconds(4_999))
        #expect(backoff.next(using: &highest) > .seconds(12))
        var short = Backoff()
        _ = short.next(using: &highest)
        short.wasConnected(for: .milliseconds(500))
        #expect(short == Backoff())
    }

    @Test func `waits are spread over the whole range`() {
        var generator = SystemRandomNumberGenerator()
        let waits = (0..<2_000).map { _ in
            var backoff = Backoff(base: .seconds(10))
            return backoff.next(using: &generator)
        }
        #expect(waits.allSatisfy { $0 >= .zero && $0 <= .seconds(10) })
        for quarter in 0..<4 {
            let range = Duration.seconds(10) * quarter / 4..<Duration.seconds(10) * (quarter + 1) / 4
            // 500 are expected, with a standard deviation of 19.
            #expect((300...700).contains(waits.count { range.contains($0) }))
        }
    }

    @Test func `years of failures overflow nothing`() {
        var backoff = Backoff(base: .zero, maximum: .seconds(-1))
        var generator = SystemRandomNumberGenerator()
        let waits = (0..<20_000).map { _ in backoff.next(using: &generator) }
        #expect(waits.allSatisfy { $0 <= .milliseconds(1) })
    }
}

@Suite struct `A gate before the reads of a link` {
    @Test func `holds reads back while too much is underway, and lets one through when less is`() {
        var gate = ReadGate(limit: 2)
        gate.began()
        #expect(gate.mayRead(isWritable: true) && !gate.isHeld)
        gate.began()
        let mayRead = gate.mayRead(isWritable: true)
        #expect(!mayRead && gate.isHeld && gate.isFull)
        gate.ended()
        var readsOn = gate.readsOn(isWritable: false)
        #expect(!readsOn)
        readsOn = gate.readsOn(isWritable: true)
        #expect(readsOn && !gate.isHeld)
        readsOn = gate.readsOn(isWritable: true)
        #expect(!readsOn)
    }

    @Test func `holds reads back while the peer does not read`() {
        var gate = ReadGate(limit: 2)
        let mayRead = gate.mayRead(isWritable: false)
        #expect(!mayRead && gate.isHeld && !gate.isFull)
        let readsOn = gate.readsOn(isWritable: true)
        #expect(readsOn)
    }
}
