import Daemon
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import TLS

/// Speaks HTTP/1.1 with the manager: one request, one connection.
struct ControlClient: Sendable {
    let place: ControlPlace
    /// How long the whole exchange may take.
    var timeout = TimeAmount.seconds(30)
    /// The largest body that is accepted, in bytes.
    var responseLimit = 64 * 1_024 * 1_024

    /// - Throws: `unreachable` when nobody answers whom we trust; an answer with an error status is an answer.
    func send(_ request: ControlRequest) async throws(ControlError) -> ControlResponse {
        switch place {
        case .socket(let path):
            return try await exchange(request, nil) { error in
                .unreachable(socket: path, reason: Self.reason(error))
            } connect: { bootstrap in
                bootstrap.connect(unixDomainSocketPath: path)
            }
        case .remote(let url, let tokenFile, let authorityFile):
            let manager = try RemoteManager(url, tokenFile: tokenFile, authorityFile: authorityFile)
            return try await exchange(request, manager) { error in
                .remoteUnreachable(url: url.description, reason: Self.reason(error))
            } connect: { bootstrap in
                bootstrap.connect(host: url.host, port: url.port)
            }
        }
    }

    private func exchange(
        _ request: ControlRequest, _ manager: RemoteManager?, explain: (any Error) -> ControlError,
        connect: (ClientBootstrap) -> EventLoopFuture<any Channel>
    ) async throws(ControlError) -> ControlResponse {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: ControlResponse.self)
        let (context, headers) = (manager?.context, Self.headers(manager))
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context { try channel.pipeline.syncOperations.addHandler(TLSHandler(context: context)) }
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        ExchangeHandler(
                            request: request, headers: headers, awaitsTLS: context != nil, timeout: timeout,
                            responseLimit: responseLimit, answer: promise))
                }
            }
        connect(bootstrap).whenFailure { promise.fail($0) }
        do {
            return try await promise.futureResult.get()
        } catch let error as ControlError {
            throw error
        } catch {
            throw explain(error)
        }
    }

    private static func headers(_ manager: RemoteManager?) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "host": manager?.url.authority ?? "localhost", "accept": "application/json", "connection": "close",
        ]
        if let manager { headers.add(name: "authorization", value: "Bearer \(manager.token)") }
        return headers
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case SocketAddressError.unixDomainSocketPathTooLong:
            "the path is too long for a socket (at most \(Home.longestSocketPath) bytes)"
        case let error as NIOConnectionError: connectionReason(error)
        case let error as ExchangeError: error.description
        default: String(describing: error)
        }
    }

    /// The first address that was tried says why, or the lookup of the name.
    private static func connectionReason(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return reason(first.error) }
        return "the name \"\(error.host)\" is not known"
    }
}
