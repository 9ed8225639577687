import ArgumentParser
import Foundation
import ManagerSettings
import TLS

extension APITokens {
    struct Create: ControlCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token and prints it, this once.",
            discussion: """
                Roles: viewer sees everything; operator also acts: responses, commands by hand, approvals, alerts; admin \
                also changes agents, tokens and the configuration.
                """)

        @Option(help: "Whose it is, for the list and the audit trail.")
        var name: String

        @Option(
            help: ArgumentHelp(
                "What it is good for: \(ControlRole.allCases.map(\.rawValue).joined(separator: ", ")).",
                valueName: "role"))
        var role: String

        @Option(help: ArgumentHelp("How long it is valid: seconds, or 10s 5m 2h 1d 1w.", valueName: "time"))
        var ttl = SecondsArgument(seconds: 30 * 86_400)

        @Option(
            help: ArgumentHelp("Writes it into this file, mode 0600, instead of printing it.", valueName: "file"))
        var output: String?

        @OptionGroup var hand: ByHandOptions
        @OptionGroup var options: GlobalOptions

        private struct Body: Encodable {
            let name: String
            let role: String
            let ttlSeconds: Int
            let by: String?
            let reason: String?
        }

        /// What is printed when the token is in a file.
        private struct Written: Encodable {
            let name: String
            let role: String
            let expires: String
            let file: String
        }

        func validate() throws {
            guard ControlRole(rawValue: role) != nil else {
                throw ValidationError(
                    "--role is one of \(ControlRole.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard ttl.seconds > 0 else { throw ValidationError("--ttl must be at least one second") }
            if let output, FileManager.default.fileExists(atPath: output) {
                throw ValidationError(
                    "\"\(output)\" is there already, perhaps with another token; name another file or remove it")
            }
        }

        func perform(in session: ControlSession) async throws(ControlError) {
            let body = Body(
                name: name, role: role, ttlSeconds: ttl.seconds, by: ByHandOptions.person, reason: hand.reason)
            let request = try ControlRequest.post(["api-tokens"], json: body)
            guard let output else {
                // The token alone, so that a shell can take it.
                return try await session.show(request, as: APITokenAnswer.self) { Terminal.safe($0.token) }
            }
            let answer = try await session.answer(to: request, as: APITokenAnswer.self)
            do throws(TLSError) {
                try CredentialFile.write(text: answer.token + "\n", to: output)
            } catch {
                throw .failed(
                    "the token was made, but is lost: \(error); revoke it (edr-control api-token revoke \(name)) and "
                        + "make another one")
            }
            try session.show(
                Written(name: answer.name, role: answer.role, expires: answer.expires, file: output),
                text: "token \(Terminal.safe(answer.name)) written to \(Terminal.safe(output))")
        }
    }
}
