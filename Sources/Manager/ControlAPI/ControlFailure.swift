import Hummingbird
import Logging

/// A request that cannot be answered, with the sentence for the administrator.
struct ControlFailure: Error {
    let status: HTTPResponse.Status
    let message: String
    /// Each problem on a line of its own, when there are several (a configuration's errors).
    let details: [String]

    init(_ status: HTTPResponse.Status, _ message: String, details: [String] = []) {
        self.status = status
        self.message = message
        self.details = details
    }
}

/// Turns errors into `{"error": …}` with a fitting status.
struct FailureMiddleware: RouterMiddleware {
    let logger: Logger

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
        return try ControlRoutes.answer(
            API.Failure(error: failure.message, errors: failure.details.isEmpty ? nil : failure.details),
            status: failure.status)
    }
}

extension LedgerError {
    /// Whether what was asked for cannot be had, as opposed to the ledger being in trouble.
    fileprivate var isOfRequest: Bool {
        switch self {
        case .tokenUnknown, .tokenExpired, .tokenUsedUp, .nameTaken, .invalidName, .invalidAgentID,
            .certificateNotIssued:
            true
        case .diskFull, .delayed, .heldUp, .inUse, .cannotOpen, .tooNew, .closed, .cancelled, .unacceptable,
            .unreadable, .database:
            false
        }
    }
}
