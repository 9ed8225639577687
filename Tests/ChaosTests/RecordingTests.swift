import ChaosChecking
import Testing

@Suite struct `A line of the recording` {
    @Test func `is read as the recorder writes it`() throws {
        let run = try #require(RecordedRun(line: "delete d1 1744557901.7 002 123456789 1700000000123 4711"))
        #expect(
            run
                == RecordedRun(
                    .delete, dispatch: "d1", alert: "1744557901.7", agent: "002", at: 123_456_789,
                    wall: 1_700_000_000_123, pid: 4711))
    }

    @Test(arguments: ["", "add d1 a 001 1 2", "undo d1 a 001 1 2 3", "add d1 a 001 x 2 3", "add d1 a 001 1 2 3 4"])
    func `is nothing else`(line: String) {
        #expect(RecordedRun(line: line[...]) == nil)
    }
}
