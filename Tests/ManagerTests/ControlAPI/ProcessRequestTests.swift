import Testing

@testable import Manager

@Suite struct `A request to process alerts` {
    @Test func `has the values of its query`() throws {
        let request = try ProcessRequest(["limit": "5", "dry_run": "true", "reprocess": "true", "sources": "true"])
        #expect(request.limit == 5 && request.isDryRun && request.takesKnown && request.readsSources)
        let plain = try ProcessRequest([:])
        #expect(plain.limit == 20 && !plain.isDryRun && !plain.takesKnown && !plain.readsSources)
    }

    @Test(arguments: [
        ("limit", "0"), ("limit", "10001"), ("limit", "x"), ("dry_run", "yes"), ("dryrun", "true"), ("sources", ""),
    ])
    func `is refused when anything is not understood`(name: String, value: String) {
        #expect(throws: ControlFailure.self) { try ProcessRequest([name: value]) }
    }
}
