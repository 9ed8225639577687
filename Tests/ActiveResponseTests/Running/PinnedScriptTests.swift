@testable import ActiveResponse
import Foundation
import TestSupport
import Testing

/// Scripts whose commands name the sum that they must have.
@Suite(.timeLimit(.minutes(5))) struct PinnedScriptTests {
    private let machine: TestExecutor
    private var bin: String { machine.home.path + "/active-response/bin" }

    init() throws {
        machine = try TestExecutor()
    }

    private func run(_ number: UInt8, pin: [UInt8], convention: Order.Convention = .auto) async -> ResponseEvent {
        var order = order(number, convention: convention)
        order.containment.sha256 = pin
        machine.executor.submit(order)
        return await machine.recorder.end(of: order.id)
    }

    @Test func `a script with the right sum runs under its own name, one with another is refused`() async throws {
        let text = "#!/bin/sh\necho \"$0\"\n"
        try machine.home.addScript("block", text)
        let pin = SHA256.digest(of: Array(text.utf8))
        #expect(await run(1, pin: pin).text == "\(bin)/block\n")
        #expect(await run(2, pin: pin, convention: .json).text == "active-response/bin/block\n")
        try machine.home.addScript("block", text + "#")
        let refused = await run(3, pin: pin)
        #expect(refused.kind == .refused)
        let other = FileDigest.text(SHA256.digest(of: Array((text + "#").utf8)))
        #expect(
            refused.detail
                == "\"block\" has the SHA-256 \(other), and its command is pinned to \(FileDigest.text(pin))")
        try machine.home.addScript("block", text)
        #expect(await run(4, pin: pin).exitStatus == 0)
    }

    @Test func `a text without an interpreter is for the shell here too`() async throws {
        try machine.home.addScript("block", "echo \"$0 $1\"\n")
        #expect(await run(1, pin: SHA256.digest(of: Array("echo \"$0 $1\"\n".utf8))).text == "\(bin)/block add\n")
    }

    @Test func `a program is executed by the descriptor that was hashed, and does not see it`() async throws {
        let program = try Data(contentsOf: URL(fileURLWithPath: "/bin/ls"))
        try program.write(to: URL(fileURLWithPath: bin + "/block"))
        #expect(chmod(bin + "/block", 0o755) == 0)
        var order = order(1, extra: ["/proc/self/fd"])
        order.containment.sha256 = SHA256.digest(of: Array(program))
        machine.executor.submit(order)
        let event = await machine.recorder.end(of: order.id)
        // The words before it are no files; 3 is the folder that is listed.
        #expect(event.text.hasSuffix("/proc/self/fd:\n0\n1\n2\n3\n"), "\(event.text)")
        #expect(event.text.contains("\(bin)/block: cannot access 'add'"))
    }

    @Test func `what took the place of the hashed file is not executed`() async throws {
        try FileManager.default.copyItem(atPath: "/bin/true", toPath: bin + "/block")
        let file = try ScriptCheck(home: machine.home.path).check("block")
        try machine.home.addScript("block", "#!/bin/sh\ntouch $EDR_HOME/replaced\n")
        var confinement = Confinement()
        confinement.program = file
        let run = Run(action: .add, order: order(1, convention: .positional), timeout: 0)
        let process = try ScriptProcess(
            run, ScriptInvocation(run, home: machine.home.path, managerAddresses: []), confinement,
            home: machine.home.path, now: 0)
        var result: RunResult?
        while result == nil, !Task.isCancelled {
            await Task.yield()
            result = process.reap(now: 1)
        }
        #expect(result?.exitStatus == 0)
        #expect(machine.home.text(of: "replaced") == nil)
    }

    @Test func `a file is hashed once, and again when it changes`() throws {
        try machine.home.addScript("block", "#!/bin/sh\n")
        let check = ScriptCheck(home: machine.home.path)
        var pins = PinCheck()
        let pin = SHA256.digest(of: Array("#!/bin/sh\n".utf8))
        let later = time(nil) + 60
        for _ in 0..<1000 { _ = try pins.check(try check.check("block"), is: pin, "block", now: later) }
        #expect(pins.hashed == 1)
        // The same bytes in another file.
        try machine.home.addScript("block", "#!/bin/sh\n")
        _ = try pins.check(try check.check("block"), is: pin, "block", now: later)
        #expect(pins.hashed == 2)
        // Other bytes in the same file, which keeps its size and its time of modification.
        var status = stat()
        #expect(stat(bin + "/block", &status) == 0)
        let file = open(bin + "/block", O_WRONLY)
        #expect(pwrite(file, "#", 1, 1) == 1)
        #expect(futimens(file, [status.st_atim, status.st_mtim]) == 0)
        close(file)
        #expect(throws: StartFailure.self) {
            _ = try pins.check(try check.check("block"), is: pin, "block", now: later)
        }
    }

    @Test func `the sum of a file that was changed just now is not remembered`() throws {
        try machine.home.addScript("block", "#!/bin/sh\n")
        let file = try ScriptCheck(home: machine.home.path).check("block")
        var pins = PinCheck()
        let pin = SHA256.digest(of: Array("#!/bin/sh\n".utf8))
        for _ in 0..<3 {
            #expect(try pins.check(file, is: pin, "block", now: file.status.st_ctim.tv_sec) == false)
        }
        #expect(pins.hashed == 3)
    }

    @Test func `what is larger than 64 MiB is refused`() async throws {
        try machine.home.addScript("block", "#!/bin/sh\n")
        #expect(truncate(bin + "/block", off_t(FileDigest.largestFile) + 1) == 0)
        let event = await run(1, pin: Array(repeating: 0, count: 32))
        #expect(event.detail == "\"block\" has no SHA-256: it is larger than 64 MiB")
    }
}
