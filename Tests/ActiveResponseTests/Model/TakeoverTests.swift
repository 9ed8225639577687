import Testing

@testable import ActiveResponse

@Suite struct `Who took over` {
    @Test func `is read from what was written`() {
        let id = DispatchID.of(alertIdentity: [1], activeResponse: "a", agent: "001", action: "add")
        #expect(Takeover.successor(in: Takeover.detail(by: id)) == id)
        for text in ["", "given up after 8 attempts", "given up: dispatch 12 took over and will be undone"] {
            #expect(Takeover.successor(in: text) == nil)
        }
    }
}
