import Daemon
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Speaks HTTP/1.1 with the manager's control socket: one request, one connection.
struct ControlClient: Sendable {
    let socketPath: String
    /// How long the whole exchange may take.
    var timeout = TimeAmount.seconds(30)
    /// The largest body that is accepted, in bytes.
    var responseLimit = 64 * 1_024 * 1_024

    /// - Throws: `unreachable` when nobody answers; an answer with an error status is an answer.
    func send(_ request: ControlRequest) async throws(ControlError) -> ControlResponse {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: ControlResponse.self)
        ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        ExchangeHandler(
                            request: request, timeout: timeout, responseLimit: responseLimit, answer: promise))
                }
            }
            .connect(unixDomainSocketPath: socketPath)
            .whenFailure { promise.fail($0) }
        do {
            return try await promise.futureResult.get()
        } catch let error as ControlError {
            throw error
        } catch {
            throw .unreachable(socket: socketPath, reason: Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case SocketAddressError.unixDomainSocketPathTooLong:
            "the path is too long for a socket (at most \(Home.longestSocketPath) bytes)"
        case let error as ExchangeError: error.description
        default: String(describing: error)
        }
    }
}
