import Hummingbird
import NIOCore

/// A request that cannot be answered, with the sentence for the administrator.
struct ControlFailure: Error {
    let status: HTTPResponse.Status
    let message: String
    /// Each problem on a line of its own, when there are several (a configuration's errors).
    let details: [String]
    /// Whether the connection is closed behind the answer.
    let endsConnection: Bool

    init(
        _ status: HTTPResponse.Status, _ message: String, details: [String] = [], endsConnection: Bool = false
    ) {
        self.status = status
        self.message = message
        self.details = details
        self.endsConnection = endsConnection
    }
}

/// Turns errors into `{"error": …}` with a fitting status.
struct FailureMiddleware: RouterMiddleware {
    @concurrent func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        let failure: ControlFailure
        do {
            return try await next(request, context)
        } catch let error as ControlFailure {
            failure = error
        } catch let error as LedgerError {
            failure = ControlFailure(error.isOfRequest ? .conflict : .serviceUnavailable, error.description)
        } catch let error as HTTPError {
            failure = ControlFailure(
                error.status,
                error.status == .notFound
                    ? "there is no \"\(request.uri.path)\" here" : error.body ?? "the request failed")
        } catch {
            failure = ControlFailure(.internalServerError, "\(error)")
        }
        var answer = try ControlRoutes.answer(
            API.Failure(error: failure.message, errors: failure.details.isEmpty ? nil : failure.details),
            status: failure.status)
        if failure.status == .unauthorized { answer.headers[.wwwAuthenticate] = "Bearer" }
        return failure.endsConnection ? answer.ending(context.channel) : answer
    }
}

extension Response {
    /// The same answer, behind which the connection is closed.
    fileprivate func ending(_ channel: any Channel) -> Response {
        var headers = headers
        headers[.connection] = "close"
        let body = body
        return Response(
            status: status, headers: headers,
            body: ResponseBody(contentLength: body.contentLength) { writer in
                try await body.write(writer)
                channel.close(promise: nil)
            })
    }
}

extension LedgerError {
    /// Whether what was asked for cannot be had, as opposed to the ledger being in trouble.
    fileprivate var isOfRequest: Bool {
        switch self {
        case .tokenUnknown, .tokenExpired, .tokenUsedUp, .nameTaken, .invalidName, .invalidAgentID,
            .certificateNotIssued, .apiTokenExists:
            true
        case .diskFull, .delayed, .partly, .waits, .heldUp, .inUse, .cannotOpen, .tooNew, .closed, .cancelled,
            .unacceptable,
            .unreadable, .database:
            false
        }
    }
}
