import ActiveResponse
import Logging
import TestSupport

/// A real executor in a home of its own, stopped with the last reference to it.
final class TestExecutor: Sendable {
    /// A script that runs until its home is removed.
    static let hanging = "#!/bin/sh\nwhile test -d $EDR_HOME; do sleep 0.1; done\n"

    let home: TemporaryHome
    let recorder: EventRecorder
    let executor: ResponseExecutor
    /// What it tells of orders beside the events.
    let notices: AsyncStream<OrderNotice>

    /// Starts an executor.
    ///
    /// - Parameters:
    ///   - home: the home of one that ran before, whose journal is taken up.
    ///   - recorder: the recorder of one that ran before.
    init(
        home: TemporaryHome? = nil, recorder: EventRecorder = EventRecorder(),
        configure: (inout ResponseExecutor.Configuration) -> Void = { _ in }
    ) throws {
        self.home = try home ?? TemporaryHome()
        self.recorder = recorder
        var configuration = ResponseExecutor.Configuration(home: self.home.path)
        // The process that runs the tests has children that are none of ours.
        configuration.ownsAllChildren = false
        configuration.managerAddresses = ["192.0.2.1", "2001:db8::1"]
        configure(&configuration)
        let (notices, notice) = AsyncStream.makeStream(of: OrderNotice.self)
        self.notices = notices
        executor = try ResponseExecutor(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onNotice: { notice.yield($0) },
            onEvents: recorder.record)
        try executor.start()
    }

    deinit {
        let executor = executor
        Task { await executor.stop() }
    }

    /// Adds a script, runs it by an order and waits for its end.
    func run(_ text: String, _ order: Order) async throws -> ResponseEvent {
        try home.addScript(order.executable, text)
        executor.submit(order)
        return await recorder.end(of: order.id)
    }
}

extension ResponseEvent {
    /// What the script printed.
    var text: String { String(decoding: output, as: UTF8.self) }
}
