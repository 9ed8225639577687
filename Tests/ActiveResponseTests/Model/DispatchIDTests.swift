import ActiveResponse
import Testing

@Suite struct DispatchIDTests {
    @Test func `the same cause has the same id, on every machine and for ever`() {
        let id = DispatchID.of(
            alertIdentity: [1, 2, 3], activeResponse: "firewall-drop#1", agent: "001", action: "run")
        #expect(id.description == "8d11dd65c2bd3f18754f721f3b027c97")
    }

    @Test func `moving a byte from one part to the next makes another id`() {
        let ids: Set = [
            DispatchID.of(alertIdentity: [0x61], activeResponse: "bc", agent: "1", action: "run"),
            DispatchID.of(alertIdentity: [0x61, 0x62], activeResponse: "c", agent: "1", action: "run"),
            DispatchID.of(alertIdentity: [0x61], activeResponse: "b", agent: "c1", action: "run"),
            DispatchID.of(alertIdentity: [0x61], activeResponse: "bc", agent: "", action: "1run"),
            DispatchID.of(alertIdentity: [0x61], activeResponse: "bc", agent: "1", action: "undo"),
        ]
        #expect(ids.count == 5)
    }

    @Test func `text and bytes lead back to the id`() {
        let id = dispatch(7)
        #expect(DispatchID(hex: id.description) == id)
        #expect(DispatchID(hex: id.description.uppercased()) == id)
        #expect(DispatchID(bytes: id.bytes) == id)
        #expect(id.bytes.count == 16)
    }

    @Test(arguments: [
        "", "e79a", "e79ad2b7dcb58f9d7d24de5b37a88fdbf", "x79ad2b7dcb58f9d7d24de5b37a88fdb",
        "+79ad2b7dcb58f9d7d24de5b37a88fdb", "-79ad2b7dcb58f9d7d24de5b37a88fdb",
    ])
    func `what is not 32 hexadecimal digits is no id`(text: String) {
        #expect(DispatchID(hex: text) == nil)
    }
}
