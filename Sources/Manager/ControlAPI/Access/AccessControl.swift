import Hummingbird
import NIOCore

/// Finds out who makes a request.
protocol AccessControl: Sendable {
    /// - Throws: when it is nobody who may ask for anything.
    func caller(of request: Request, on channel: any Channel) async throws(ControlFailure) -> Caller
}

/// Finds out who makes a request before anything else is looked at, also whether there is such a path.
struct AccessMiddleware: RouterMiddleware {
    let access: any AccessControl

    @concurrent func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.caller = try await access.caller(of: request, on: context.channel)
        return try await next(request, context)
    }
}
