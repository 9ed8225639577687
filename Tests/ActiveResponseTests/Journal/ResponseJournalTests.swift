import ActiveResponse
import Foundation
import Testing
import TestSupport

@Suite struct ResponseJournalTests {
    private let home: TemporaryHome
    private var path: String { home.path + "/var/journal" }

    init() throws {
        home = try TemporaryHome()
    }

    private func bytes(_ record: JournalRecord) -> [UInt8] {
        var bytes: [UInt8] = []
        JournalScanner.append(record.encoded(), to: &bytes)
        return bytes
    }

    @Test func `what was appended is read again`() throws {
        do {
            let journal = try ResponseJournal.open(path).journal
            #expect(journal.append(bytes(.active(dispatch(1))) + bytes(.undoing(dispatch(1)))))
            #expect(journal.synchronize())
        }
        let opened = try ResponseJournal.open(path)
        #expect(opened.records == [.active(dispatch(1)), .undoing(dispatch(1))])
        #expect(opened.damagedBytes == 0)
    }

    @Test func `nobody else can read the file`() throws {
        _ = try ResponseJournal.open(path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a second daemon is refused`() throws {
        let opened = try ResponseJournal.open(path)
        #expect(throws: ResponseError.self) { try ResponseJournal.open(path) }
        withExtendedLifetime(opened) {}
    }

    @Test func `a torn end is counted and the rest is read`() throws {
        try home.write(bytes(.active(dispatch(1))) + bytes(.undoing(dispatch(1))).dropLast(3), to: "var/journal")
        let opened = try ResponseJournal.open(path)
        #expect(opened.records == [.active(dispatch(1))])
        #expect(opened.damagedBytes == bytes(.undoing(dispatch(1))).count - 3)
    }

    @Test func `a record of a newer version is counted and skipped`() throws {
        var newer: [UInt8] = []
        JournalScanner.append([0x08, 0x63], to: &newer)
        try home.write(newer + bytes(.active(dispatch(1))), to: "var/journal")
        let opened = try ResponseJournal.open(path)
        #expect(opened.records == [.active(dispatch(1))])
        #expect(opened.unknownRecords == 1)
    }

    @Test func `rewriting keeps what comes meanwhile, whenever the machine stops`() throws {
        let journal = try ResponseJournal.open(path).journal
        _ = journal.append(bytes(.active(dispatch(1))) + bytes(.finished(dispatch(1), .ran, at: 1)))
        #expect(journal.rewrite([.finished(dispatch(1), .ran, at: 1)]))
        _ = journal.append(bytes(.active(dispatch(2))))
        // Before the exchange the old file holds everything.
        let before = JournalScanner.scan(home.bytes(of: "var/journal") ?? []).payloads
        #expect(before.count == 3)
        #expect(journal.synchronize())
        _ = journal.append(bytes(.undoing(dispatch(2))))
        let after = JournalScanner.scan(home.bytes(of: "var/journal") ?? []).payloads
        #expect(
            try after.map { try JournalRecord(encoded: Array($0)) } == [
                .finished(dispatch(1), .ran, at: 1), .active(dispatch(2)), .undoing(dispatch(2)),
            ])
        #expect(home.bytes(of: "var/journal.new") == nil)
    }

    @Test func `a rewriting that a crash cut off does not matter`() throws {
        try home.write(bytes(.active(dispatch(1))), to: "var/journal")
        try home.write(Array("half".utf8), to: "var/journal.new")
        let opened = try ResponseJournal.open(path)
        #expect(opened.records == [.active(dispatch(1))])
        #expect(opened.journal.rewrite([]))
        #expect(opened.journal.synchronize())
        #expect(home.bytes(of: "var/journal") == [])
    }

    @Test func `a file that is mostly outdated is worth rewriting`() throws {
        let journal = try ResponseJournal.open(path).journal
        #expect(!journal.isWorthRewriting())
        _ = journal.append([UInt8](repeating: 0, count: 5 << 20))
        #expect(journal.isWorthRewriting())
        #expect(journal.rewrite([]))
        #expect(!journal.isWorthRewriting())
        #expect(journal.synchronize())
        #expect(!journal.isWorthRewriting())
    }

    @Test(.enabled(if: geteuid() == 0, "needs a small file system of its own"))
    func `a full disk is reported, leaves no half record, and is mended when there is room`() throws {
        let folder = home.path + "/small"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try #require(mount("tmpfs", folder, "tmpfs", 0, "size=64k") == 0)
        defer { umount2(folder, Int32(MNT_DETACH)) }
        let journal = try ResponseJournal.open(folder + "/journal").journal
        #expect(journal.append(bytes(.active(dispatch(1)))))
        #expect(!journal.append([UInt8](repeating: 1, count: 100_000)))
        #expect(journal.failure == "No space left on device")
        let content = JournalScanner.scan(home.bytes(of: "small/journal") ?? [])
        #expect(content.payloads.count == 1)
        #expect(content.damaged.isEmpty)
        #expect(journal.rewrite([.active(dispatch(1))]))
        #expect(journal.synchronize())
        #expect(journal.failure == nil)
    }
}
