import ArgumentParser
import Foundation

/// A verb: asks the manager and prints what it says.
protocol ControlCommand: ParsableCommand {
    var options: GlobalOptions { get }

    func perform(in session: ControlSession) async throws(ControlError)
}

/// What a verb works with.
struct ControlSession: Sendable {
    /// Where the manager is asked, or what is wrong with the options: that matters only to verbs that ask it.
    let place: Result<ControlPlace, ControlError>
    let format: OutputFormat
    let console: Console
    let times: LocalTime

    var client: ControlClient {
        get throws(ControlError) { ControlClient(place: try place.get()) }
    }

    /// Sends the request and prints the answer: the API's document as it is, or `text` of it for people.
    func show<Answer: Decodable>(
        _ request: ControlRequest, as _: Answer.Type, text: (Answer) -> String
    ) async throws(ControlError) {
        let body = try await client.send(request).bodyOfSuccess()
        switch format {
        case .json:
            console.print(String(decoding: body, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        case .human:
            let text = text(try Self.decode(Answer.self, from: body))
            if !text.isEmpty { console.print(text) }
        }
    }

    /// Sends the request and reads the answer.
    func answer<Answer: Decodable>(
        to request: ControlRequest, as _: Answer.Type
    ) async throws(ControlError) -> Answer {
        try Self.decode(Answer.self, from: try await client.send(request).bodyOfSuccess())
    }

    /// Prints a document of our own, or the text of it for people.
    func show(_ document: some Encodable, text: String) throws(ControlError) {
        switch format {
        case .json: console.print(String(decoding: try ControlRequest.json(document), as: UTF8.self))
        case .human: console.print(text)
        }
    }

    /// Sends requests one after the other and prints the answers: a list of the API's documents, or their texts.
    ///
    /// - Throws: the first failure, after everything was asked and printed.
    func showEach<Answer: Decodable>(
        _ requests: [ControlRequest], as _: Answer.Type, text: (Answer) -> String
    ) async throws(ControlError) {
        var bodies: [[UInt8]] = []
        var failures: [ControlError] = []
        for request in requests {
            do throws(ControlError) {
                bodies.append(try await client.send(request).bodyOfSuccess())
            } catch {
                failures.append(error)
            }
        }
        switch format {
        case .json:
            let documents = bodies.map {
                String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            }
            console.print("[" + documents.joined(separator: ",") + "]")
        case .human:
            for body in bodies { console.print(text(try Self.decode(Answer.self, from: body))) }
        }
        for failure in failures.dropFirst() { console.complain(failure.description) }
        if let first = failures.first { throw first }
    }

    private static func decode<Answer: Decodable>(
        _: Answer.Type, from body: [UInt8]
    ) throws(ControlError) -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Answer.self, from: Data(body))
        } catch {
            throw .failed("the manager's answer is not understood; is it of another version? (\(error))")
        }
    }
}
