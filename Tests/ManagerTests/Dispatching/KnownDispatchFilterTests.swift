import ActiveResponse
import Testing

@testable import Manager

@Suite struct `The filter of known dispatches` {
    private func id(_ number: Int) -> DispatchID {
        .of(alertIdentity: Array("\(number)".utf8), activeResponse: "r", agent: "001", action: "add")
    }

    @Test func `never takes a known one for new, and hardly ever a new one for known`() {
        var filter = KnownDispatchFilter()
        for number in 0..<20_000 { filter.insert(id(number)) }
        #expect((0..<20_000).allSatisfy { filter.mayContain(id($0)) })
        #expect((20_000..<40_000).count { filter.mayContain(id($0)) } < 20)
    }
}
