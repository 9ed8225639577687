import ActiveResponse
import TestSupport
import Testing

/// Orders whose values no manager of ours would send: the machine that runs them checks for itself.
@Suite(.timeLimit(.minutes(5))) struct HostileOrderTests {
    /// Writes its words, each with a zero behind it.
    private static let dump = "#!/bin/sh\nprintf '%s\\0' \"$@\" >>dump\n"

    @Test(arguments: [
        "two  words ", "'\"`\\", "$(touch pwned)`id`;|&*?~", "-rf", "../../etc/passwd", "a\u{FFFD}b", "%s%n\\0",
        String(repeating: "x", count: 1024), "",
    ])
    func `what is let through arrives as one literal word`(value: String) async throws {
        let machine = try TestExecutor()
        var order = order(1, filename: "/srv/\(value.isEmpty ? "x" : value.replacing("../", with: ""))")
        order.alertID = value
        order.ruleID = value
        order.agentName = value
        order.extraArguments = [value, value]
        let received = try Order(encoded: order.encoded())
        let end = try await machine.run(Self.dump, received)
        #expect(end.kind == .finished)
        let words = machine.home.bytes(of: "dump")?.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
        #expect(
            words == [
                "add", "-", "203.0.113.7", value, value, value.isEmpty ? "003" : value, order.filename ?? "-", value,
                value,
            ])
        #expect(machine.home.bytes(of: "pwned") == nil)
    }

    @Test func `anything else is refused with the reason, and nothing runs`() async throws {
        let machine = try TestExecutor()
        try machine.home.addScript("block", Self.dump)
        let long = String(repeating: "x", count: 100_000)
        let changes: [((inout Order) -> Void, String)] = [
            ({ $0.user = "-rf" }, "the user name \"-rf\" is not safe"),
            ({ $0.user = "a\0b" }, "the user name \"a?b\" is not safe"),
            ({ $0.sourceAddress = "203.0.113.7; reboot" }, "is not an IP address"),
            ({ $0.filename = "/srv/../etc/passwd" }, "is not absolute and normal"),
            ({ $0.filename = "/srv/a\0b" }, "is not absolute and normal"),
            ({ $0.alertID = "1\n2" }, "the alert id contains a control character"),
            ({ $0.ruleID = "1\0" }, "the rule id contains a control character"),
            ({ $0.agentName = long }, "the agent name is longer than 1024 bytes"),
            ({ $0.extraArguments = ["a\0b"] }, "an extra argument contains a control character"),
            ({ $0.extraArguments = [long] }, "the extra arguments are larger than 64 KiB"),
            ({ $0.executable = "../../../bin/sh" }, "\"../../../bin/sh\""),
            ({ $0.executable = "block\0" }, "the executable contains a control character"),
        ]
        for (number, (change, reason)) in changes.enumerated() {
            var order = order(UInt8(number))
            change(&order)
            machine.executor.submit(try Order(encoded: order.encoded()))
            let end = await machine.recorder.end(of: order.id)
            #expect(end.kind == .refused)
            #expect(end.detail.contains(reason), "\(end.detail)")
        }
        #expect(machine.home.bytes(of: "dump") == nil)
    }

    @Test func `an order that is not UTF-8 is no order`() {
        var bytes = order(1, user: "eve").encoded()
        let place = bytes.firstRange(of: Array("eve".utf8))
        if let place { bytes[place.lowerBound] = 0xFF }
        #expect(place != nil)
        #expect(throws: (any Error).self) { try Order(encoded: bytes) }
    }
}
