import Daemon
import Foundation

/// Where the manager is asked.
enum ControlPlace: Sendable, Equatable {
    /// On this machine, at the socket of its home.
    case socket(String)
    /// Anywhere, with a token.
    case remote(ManagerURL, tokenFile: String, authorityFile: String)

    /// What the options say, and where they say nothing the environment.
    ///
    /// A home that is given explicitly comes before a URL of the environment.
    init(url given: ManagerURL?, _ options: GlobalOptions, environment: [String: String]) throws(ControlError) {
        let home = Home.resolve(option: options.home)
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        var url = given
        if url == nil, options.home == nil, let text = variable("EDR_URL") {
            guard let parsed = ManagerURL(text) else {
                throw .usage("EDR_URL is \"\(text)\"; it has to be https://HOST:PORT")
            }
            url = parsed
        }
        guard let url else {
            guard options.tokenFile == nil, options.ca == nil else {
                throw .usage("--token-file and --ca mean nothing without --url https://HOST:PORT")
            }
            self = .socket(home.controlSocket)
            return
        }
        guard let tokenFile = options.tokenFile ?? variable("EDR_TOKEN_FILE") else {
            throw .usage(
                "\(url) takes an API token: give its file with --token-file or EDR_TOKEN_FILE (make one on the manager "
                    + "with edr-control api-token create)")
        }
        let authorityFile = options.ca ?? variable("EDR_CA_FILE") ?? home.tls + "/ca.pem"
        self = .remote(url, tokenFile: tokenFile, authorityFile: authorityFile)
    }
}
