import Foundation
import TestSupport

/// A thousand alerts with different source addresses in one write, until a script has run for each of them on an agent,
/// against bare loops that start the same script as often and do nothing else.
///
/// All are measured in turns in one run, because the machine's mood changes. Each script appends its address to a
/// file, so that exactly one run for each alert is seen, not assumed.
enum BurstBenchmark {
    private static let count = 1000
    private static let rounds = 3
    private static let script = "#!/bin/sh\necho \"$3\" >>\"$EDR_HOME/record\"\n"
    /// Every line of the record has this size: the addresses are made so.
    private static let lineSize = "198.100.100.100\n".utf8.count

    /// Seconds from the write of the alerts to the last line of the record, and of `active-responses.log`.
    private struct Times {
        let lastStart: Double
        let lastEnd: Double
    }

    /// The two kinds of response, each with a rule of its own.
    private enum Kind: String, CaseIterable {
        case stateless = "5712"
        case stateful = "5720"
    }

    static func run() async throws {
        let fleet = try Fleet(policy: policy)
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript("burst", script)
        let agent = try await fleet.startAgent(home)
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

        var serial: [Double] = []
        var parallel: [Double] = []
        var bursts: [Kind: [Times]] = [:]
        for round in 0..<rounds {
            for (number, kind) in Kind.allCases.enumerated() {
                let addresses = addresses(round * Kind.allCases.count + number)
                bursts[kind, default: []].append(try burst(kind, addresses, fleet: fleet, home: home))
            }
            // What a burst leaves to the ledger and the journal is not to be measured with the loops.
            sleep(2)
            serial.append(try bareLoop(atOnce: 1, home: home))
            parallel.append(try bareLoop(atOnce: cores, home: home))
        }
        await agent.stop()
        await manager.stop()

        let loops = [("one at a time", median(serial)), ("\(cores) at once", median(parallel))]
        for (name, seconds) in loops { print("bare loop, \(name): \(milliseconds(seconds)), \(rate(seconds))") }
        let best = loops.map(\.1).min() ?? 0
        for kind in Kind.allCases {
            let times = bursts[kind] ?? []
            let end = median(times.map(\.lastEnd))
            print(
                "\(kind): last script started after \(milliseconds(median(times.map(\.lastStart)))), "
                    + "ended after \(milliseconds(end)), \(rate(end)), "
                    + String(format: "%.0f %% of the better loop's rate", best / end * 100))
        }
    }

    private static var policy: String {
        """
        <command><name>burst</name><executable>burst</executable><timeout_allowed>yes</timeout_allowed></command>
        <active-response>
          <name>stateless</name><command>burst</command><location>local</location><rules_id>\(Kind.stateless.rawValue)</rules_id>
        </active-response>
        <active-response>
          <name>stateful</name><command>burst</command><location>local</location><rules_id>\(Kind.stateful.rawValue)</rules_id>
          <timeout>1h</timeout>
        </active-response>
        """
    }

    /// As many addresses as there are runs, different in every series, all of one length.
    private static func addresses(_ series: Int) -> [String] {
        (0..<count).map { "198.\(100 + series).\(100 + $0 / 10).\(100 + $0 % 10)" }
    }

    private static func burst(
        _ kind: Kind, _ addresses: [String], fleet: Fleet, home: TemporaryHome
    ) throws -> Times {
        try home.write("", to: "record")
        let log = home.path + "/logs/active-responses.log"
        if access(log, F_OK) != 0 { try home.write("", to: "logs/active-responses.log") }
        let watch = try GrowthWatch(record: home.path + "/record", log: log)
        let alerts = addresses.map { Fleet.alert(id: "1744557901.\($0)", srcip: $0, rule: kind.rawValue) }
        let start = DispatchTime.now().uptimeNanoseconds
        try fleet.append(alert: alerts.joined(separator: "\n"))
        let times = try watch.wait(recordSize: count * lineSize, logLines: count, since: start)
        try check(home, addresses, "the \(kind) burst")
        return Times(lastStart: times.record, lastEnd: times.log)
    }

    /// Starts the script for each address of a series of its own and waits for its end, on `atOnce` threads.
    private static func bareLoop(atOnce: Int, home: TemporaryHome) throws -> Double {
        let addresses = addresses(99)
        try home.write("", to: "record")
        let path = home.path
        let start = DispatchTime.now().uptimeNanoseconds
        DispatchQueue.concurrentPerform(iterations: atOnce) { thread in
            for index in stride(from: thread, to: count, by: atOnce) { runScript(addresses[index], home: path) }
        }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        try check(home, addresses, "the bare loop")
        return seconds
    }

    /// One run as the agent would start it; what fails is missing from the record then.
    private static func runScript(_ address: String, home: String) {
        let program = home + "/active-response/bin/burst"
        let arguments = [program, "add", "-", address, "1.1", "5712", "web-03", "-"]
        let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "EDR_HOME=\(home)"]
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, program, nil, nil, &words, &variables) == 0 else { return }
        while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    }

    private static func check(_ home: TemporaryHome, _ addresses: [String], _ what: String) throws {
        let record = FileLines.now(home.path + "/record").sorted()
        guard record == addresses.sorted() else {
            throw NotSeen("\(what) did not run the script exactly once for each address: \(record.count) runs")
        }
    }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }

    private static func milliseconds(_ seconds: Double) -> String {
        String(format: "%.0f ms", seconds * 1000)
    }

    private static func rate(_ seconds: Double) -> String {
        String(format: "%.0f runs/s", Double(count) / seconds)
    }
}

/// Tells when two files have grown to what is awaited; wakes by inotify.
private final class GrowthWatch {
    private let inotify: Int32
    private let record: Int32
    private let log: Int32

    /// The log counts from its end as it is now.
    init(record: String, log: String) throws {
        inotify = inotify_init1(Int32(IN_CLOEXEC))
        self.record = open(record, O_RDONLY | O_CLOEXEC)
        self.log = open(log, O_RDONLY | O_CLOEXEC)
        guard inotify >= 0, self.record >= 0, self.log >= 0,
            inotify_add_watch(inotify, record, UInt32(IN_MODIFY)) >= 0,
            inotify_add_watch(inotify, log, UInt32(IN_MODIFY)) >= 0
        else { throw NotSeen("cannot watch \"\(record)\" and \"\(log)\"") }
        lseek(self.log, 0, SEEK_END)
    }

    deinit { for descriptor in [inotify, record, log] { close(descriptor) } }

    /// Seconds from `since` until the record has its size, and the log so many lines more.
    func wait(recordSize: Int, logLines: Int, since start: UInt64) throws -> (record: Double, log: Double) {
        var lines = 0
        var full: Double?
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            var status = stat()
            fstat(record, &status)
            lines += countNewLines(&buffer)
            let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
            if full == nil, Int(status.st_size) >= recordSize { full = seconds }
            if let full, lines >= logLines { return (full, seconds) }
            var descriptor = pollfd(fd: inotify, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 60_000) == 1 else {
                throw NotSeen("\(Int(status.st_size) / (recordSize / logLines)) of \(logLines) scripts ran")
            }
            // Looking at every single line would take from the cores what is to be measured.
            usleep(1000)
            _ = read(inotify, &buffer, buffer.count)
        }
    }

    private func countNewLines(_ buffer: inout [UInt8]) -> Int {
        var lines = 0
        while true {
            let bytes = read(log, &buffer, buffer.count)
            guard bytes > 0 else { return lines }
            lines += buffer[..<bytes].count { $0 == UInt8(ascii: "\n") }
        }
    }
}
