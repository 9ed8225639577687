import Foundation
import TestSupport
import Testing

@testable import Manager

@Suite struct `The mark of a stop` {
    private let home: TemporaryHome
    private let mark: StopMark

    init() throws {
        home = try TemporaryHome()
        mark = StopMark(path: home.path + "/stopped")
    }

    @Test(
        arguments: [
            Stop(at: 1_795_303_771_760, by: "uid 0 (root)", reason: "a bad rule\u{301}"),
            Stop(at: 1, by: "\u{301}eva, uid 7 (eva)", reason: ""),
            Stop(at: 1, by: String(repeating: "ü", count: 500), reason: String(repeating: "x", count: 1000)),
        ])
    func `says when it was ordered, by whom and why`(stop: Stop) {
        #expect(mark.stop == nil)
        #expect(mark.leave(stop))
        #expect(mark.stop == stop)
        mark.remove()
        #expect(mark.stop == nil)
    }

    @Test func `stays when there is one already`() {
        let first = Stop(at: 1, by: "a", reason: "b")
        #expect(mark.leave(first))
        #expect(mark.leave(Stop(at: 2, by: "c", reason: "d")))
        #expect(mark.stop == first)
    }

    @Test(arguments: 0...3)
    func `says who it was by the system where there is no room for more`(shift: Int) throws {
        // A link of more bytes than a path may have stands for one that has no room on the disk.
        let author = String(repeating: "–", count: 2000) + String(repeating: "-", count: shift) + ", uid 0 (root)"
        #expect(mark.leave(Stop(at: 1_795_303_771_760, by: author, reason: "a bad rule")))
        let text = try FileManager.default.destinationOfSymbolicLink(atPath: mark.path)
        #expect(text.utf8.count <= 59 && text.utf8.count > 56)
        let stop = try #require(mark.stop)
        #expect(stop.at == 1_795_303_771_760 && stop.by.hasSuffix(", uid 0 (root)") && stop.reason == "")
    }

    @Test func `of an older version is an empty file`() throws {
        try home.write("", to: "stopped")
        #expect(mark.stop?.by == "unknown")
        #expect(mark.leave(Stop(at: 2, by: "c", reason: "d")))
        #expect(mark.stop?.by == "unknown")
    }

    @Test func `cannot be left where there is no folder`() {
        #expect(!StopMark(path: home.path + "/absent/stopped").leave(Stop(at: 1, by: "a", reason: "")))
    }
}
