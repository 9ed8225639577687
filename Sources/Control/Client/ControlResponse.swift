import Foundation

/// What the manager answered.
struct ControlResponse: Sendable, Equatable {
    let status: Int
    let body: [UInt8]

    /// The body, when the manager did what was asked.
    ///
    /// - Throws: the API's error text otherwise, with one line for each error of a configuration.
    func bodyOfSuccess() throws(ControlError) -> [UInt8] {
        guard status >= 400 else { return body }
        guard let failure = try? JSONDecoder().decode(Failure.self, from: Data(body)) else {
            throw .failed("the manager answered with HTTP status \(status)")
        }
        throw .failed(([failure.error] + (failure.errors ?? [])).map(Terminal.safe).joined(separator: "\n"))
    }

    private struct Failure: Decodable {
        let error: String
        let errors: [String]?
    }
}
