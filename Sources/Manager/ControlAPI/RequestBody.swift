import Foundation
import Hummingbird

/// What the body of a request says: one JSON object.
///
/// A name that is not known is an error: whoever misspells `agent` must not act on all of them.
protocol RequestBody: Decodable, Sendable {
    associatedtype CodingKeys: CodingKey & CaseIterable
}

extension RequestBody {
    /// Reads a body.
    static func read(_ data: Data) throws(ControlFailure) -> Self {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            let body = try decoder.decode(Self.self, from: data)
            let given = try JSONDecoder().decode([String: Ignored].self, from: data)
            let known = CodingKeys.allCases.map(\.stringValue.snakeCase).sorted()
            guard let unknown = given.keys.sorted().first(where: { !known.contains($0) }) else { return body }
            throw ControlFailure(
                .badRequest,
                "the request's body has \"\(unknown)\", which is not known here; known are "
                    + known.joined(separator: ", "))
        } catch let failure as ControlFailure {
            throw failure
        } catch {
            throw ControlFailure(.badRequest, "the request's body is not what is expected: \(Self.text(of: error))")
        }
    }

    private static func text(of error: any Error) -> String {
        func name(_ path: [any CodingKey]) -> String { path.map(\.stringValue.snakeCase).joined(separator: ".") }
        switch error as? DecodingError {
        case .keyNotFound(let key, _): return "\"\(key.stringValue.snakeCase)\" is missing"
        case .typeMismatch(let type, let context) where context.codingPath.isEmpty:
            return "it is no JSON object (\(type) was expected)"
        case .typeMismatch(let type, let context): return "\"\(name(context.codingPath))\" is no \(type)"
        case .valueNotFound(_, let context): return "\"\(name(context.codingPath))\" has no value"
        default: return "it is no JSON"
        }
    }
}

/// Any value, of which only the name matters.
private struct Ignored: Decodable {
    init(from decoder: any Decoder) {}
}

extension String {
    /// `timeout_seconds` for `timeoutSeconds`.
    fileprivate var snakeCase: String {
        reduce(into: "") { text, character in
            if character.isUppercase { text.append("_") }
            text += character.lowercased()
        }
    }
}
