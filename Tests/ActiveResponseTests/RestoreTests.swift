import ActiveResponse
import Foundation
import Testing
import TestSupport

/// Bringing back what somebody took away: at each start, from time to time, and when a response is prolonged.
@Suite(.timeLimit(.minutes(5))) struct RestoreTests {
    /// Keeps a file for each address; says which it had to make again.
    private static let keeper = """
        #!/bin/sh
        # edr: restore
        case $1 in
        add) : > "$EDR_HOME/ban-$3" ;;
        delete) rm "$EDR_HOME/ban-$3" ;;
        restore)
            cat > "$EDR_HOME/asked.new"
            while IFS='\t' read -r id left user address file extra; do
                test -e "$EDR_HOME/ban-$address" || { : > "$EDR_HOME/ban-$address"; echo "restored $id"; }
            done < "$EDR_HOME/asked.new"
            mv "$EDR_HOME/asked.new" "$EDR_HOME/asked"
            ;;
        esac

        """

    private func exists(_ file: String, in home: TemporaryHome) -> Bool {
        FileManager.default.fileExists(atPath: home.path + "/" + file)
    }

    @Test func `what is gone after a restart is applied again and reported`() async throws {
        let machine = try TestExecutor()
        _ = try await machine.run(Self.keeper, order(1, address: "203.0.113.1", timeout: 600))
        _ = try await machine.run(Self.keeper, order(2, address: "203.0.113.2", timeout: 600, extra: ["a b"]))
        await machine.executor.stop()
        try FileManager.default.removeItem(atPath: machine.home.path + "/ban-203.0.113.2")
        let next = try TestExecutor(home: machine.home)
        let event = await next.recorder.first(.restored, dispatch(2))
        #expect(event.undoDue != nil)
        #expect(exists("ban-203.0.113.2", in: machine.home))
        #expect(next.recorder.kinds(dispatch(1)) == [])
        let asked = try #require(machine.home.text(of: "asked")).split(separator: "\n").map {
            $0.split(separator: "\t").map(String.init)
        }
        #expect(asked.map { $0[0] } == [dispatch(1).description, dispatch(2).description])
        #expect(asked.last?.dropFirst(2) == ["-", "203.0.113.2", "-", "a b"])
        #expect(asked.allSatisfy { (1...600).contains(Int($0[1]) ?? 0) })
    }

    @Test func `what is gone is noticed from time to time`() async throws {
        let machine = try TestExecutor { $0.restoreInterval = .seconds(1) }
        _ = try await machine.run(Self.keeper, order(1, timeout: 600))
        try FileManager.default.removeItem(atPath: machine.home.path + "/ban-203.0.113.7")
        _ = await machine.recorder.first(.restored, dispatch(1))
        #expect(exists("ban-203.0.113.7", in: machine.home))
    }

    @Test func `a script hears of it when its response is prolonged`() async throws {
        let machine = try TestExecutor()
        _ = try await machine.run(Self.keeper, order(1, timeout: 600))
        machine.executor.submit(order(2, timeout: 900))
        try await FileLines.first(in: machine.home.path + "/asked", containing: "\t900\t")
    }

    @Test func `an undo waits until the script has brought back the rest`() async throws {
        let machine = try TestExecutor { $0.restoreInterval = .seconds(1) }
        let slow = Self.keeper.replacing("restore)\n", with: "restore)\necho began > $EDR_HOME/began; sleep 1;")
        _ = try await machine.run(slow, order(1, address: "203.0.113.1", timeout: 600))
        try await FileLines.first(in: machine.home.path + "/began", containing: "began")
        machine.executor.undo(dispatch(1), by: "a test")
        _ = await machine.recorder.first(.undone, dispatch(1))
        // Not made again by a list that was older than the undo.
        #expect(!exists("ban-203.0.113.1", in: machine.home))
        #expect(exists("asked", in: machine.home))
    }

    @Test func `a script that does not declare it is never asked`() async throws {
        let machine = try TestExecutor { $0.restoreInterval = .seconds(1) }
        let script = Self.keeper.replacing("# edr: restore\n", with: "# edr restore\n")
        _ = try await machine.run(script, order(1, timeout: 600))
        machine.executor.submit(order(2, timeout: 3))
        _ = await machine.recorder.first(.prolonged, dispatch(2))
        _ = try await machine.run("#!/bin/sh\nsleep 2\n", order(3, executable: "other"))
        #expect(!exists("asked", in: machine.home))
    }
}
