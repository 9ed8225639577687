import Foundation
import NIOHTTP1

/// One request to the control API.
struct ControlRequest: Sendable, Equatable {
    let method: HTTPMethod
    /// The path with its query, encoded.
    let target: String
    var body: [UInt8] = []

    static func get(_ path: [String], query: [(name: String, value: String?)] = []) -> ControlRequest {
        ControlRequest(method: .GET, target: target(path, query))
    }

    static func delete(_ path: [String], json value: some Encodable) throws(ControlError) -> ControlRequest {
        ControlRequest(method: .DELETE, target: target(path), body: try json(value))
    }

    static func post(
        _ path: [String], query: [(name: String, value: String?)] = [], body: [UInt8] = []
    ) -> ControlRequest {
        ControlRequest(method: .POST, target: target(path, query), body: body)
    }

    /// A request whose body is the value in JSON, with snake_case keys; what is `nil` is left out.
    static func post(_ path: [String], json value: some Encodable) throws(ControlError) -> ControlRequest {
        post(path, body: try json(value))
    }

    /// A value in JSON, with snake_case keys.
    static func json(_ value: some Encodable) throws(ControlError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw .failed("this cannot be written as JSON: \(error)")
        }
    }

    private static func target(_ path: [String], _ query: [(name: String, value: String?)] = []) -> String {
        let pairs = query.compactMap { pair in pair.value.map { "\(pair.name)=\(encode($0))" } }
        let suffix = pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
        return "/v1" + path.map { "/" + encode($0) }.joined() + suffix
    }

    /// Everything but the unreserved characters of RFC 3986 is escaped, so that an argument stays one component.
    private static func encode(_ text: String) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
