/// How long a response may hold that may cut this machine off its manager.
enum IsolationLimit {
    /// The longest timeout of any order, in seconds: ten years.
    private static let longest: Int64 = 10 * 365 * 86_400

    /// The order with a timeout of at most the limit.
    ///
    /// One without a timeout gets the limit, or else ten years: it is held, confirmed, applied again after a reboot
    /// and released as one with a timeout is. The list of repetitions, which could lengthen it, is left out where there
    /// is a limit.
    ///
    /// - Parameter limit: in seconds; nil for none.
    static func bounded(_ order: Order, to limit: Int64?) -> Order {
        var order = order
        if order.timeout == 0 || order.timeout > limit ?? .max { order.timeout = limit ?? longest }
        // A list with nothing but a zero lengthens nothing, and keeps the machine's own from counting.
        if limit != nil { order.repeatedOffenders = [0] }
        return order
    }
}
