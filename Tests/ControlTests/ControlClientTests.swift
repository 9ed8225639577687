import NIOCore
import Testing

@testable import Control

@Suite("Control client")
struct ControlClientTests {
    @Test func `a manager that says nothing is given up`() async throws {
        let manager = try await FakeManager.start(.silence)
        let socket = manager.home + "/run/manager.sock"
        let client = ControlClient(place: .socket(socket), timeout: .milliseconds(50))
        await #expect(throws: ControlError.unreachable(socket: socket, reason: "it took too long")) {
            _ = try await client.send(.get(["status"]))
        }
        try await manager.stop()
    }

    @Test func `an answer that is too large is refused`() async throws {
        let manager = try await FakeManager.start(.answer(status: 200, body: String(repeating: "x", count: 1_001)))
        let socket = manager.home + "/run/manager.sock"
        let error = await #expect(throws: ControlError.self) {
            _ = try await ControlClient(place: .socket(socket), responseLimit: 1_000).send(.get(["status"]))
        }
        #expect(error?.exitStatus == 1)
        let response = try await ControlClient(place: .socket(socket), responseLimit: 1_001).send(.get(["status"]))
        #expect(response.body.count == 1_001)
        try await manager.stop()
    }

    @Test func `what the user typed stays one component of the path`() {
        #expect(ControlRequest.get(["agents", "a/../b?c=ä"]).target == "/v1/agents/a%2F..%2Fb%3Fc%3D%C3%A4")
        let query: [(name: String, value: String?)] = [("agent", "a&b=c"), ("state", nil), ("limit", "5")]
        #expect(ControlRequest.get(["responses"], query: query).target == "/v1/responses?agent=a%26b%3Dc&limit=5")
    }
}
