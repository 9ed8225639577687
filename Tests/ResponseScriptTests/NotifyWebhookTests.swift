import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: access("/usr/bin/curl", X_OK) == 0, "needs curl")) struct `notify-webhook` {
    let script = ResponseScript(name: "notify-webhook")

    /// Answers one request on 127.0.0.1, and keeps it.
    final class Service: Sendable {
        let port: Int
        private let listener: Int32

        init(_ status: String) throws {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
                        && getsockname(descriptor, $0, &length) == 0
                }
            }
            guard bound else { throw NotSeen("cannot listen: \(errno)") }
            listener = descriptor
            port = Int(UInt16(bigEndian: address.sin_port))
            let request = self.request
            Thread.detachNewThread {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                var received = Data()
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while !Self.isComplete(received) {
                    let count = read(connection, &buffer, buffer.count)
                    guard count > 0 else { break }
                    received.append(contentsOf: buffer[..<count])
                }
                let answer = "HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                _ = answer.withCString { write(connection, $0, strlen($0)) }
                close(connection)
                request.set(received)
            }
        }

        deinit {
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }

        private let request = Received()

        /// The request, as soon as it is there.
        func received() -> String { String(decoding: request.get(), as: UTF8.self) }

        private static func isComplete(_ request: Data) -> Bool {
            let text = String(decoding: request, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n"),
                let length = text.firstMatch(of: /(?i)content-length: (\d+)/).flatMap({ Int($0.1) })
            else { return false }
            return text[end.upperBound...].utf8.count >= length
        }
    }

    /// What one thread hands to another.
    final class Received: @unchecked Sendable {  // the semaphore orders the one write before the read
        private let done = DispatchSemaphore(value: 0)
        private var data = Data()

        func set(_ data: Data) {
            self.data = data
            done.signal()
        }

        func get() -> Data {
            done.wait()
            defer { done.signal() }
            return data
        }
    }

    func run(_ arguments: [String], home: String = "/nonexistent") throws -> CommandResult {
        try ShellCommand.run(
            script.path, arguments,
            environment: ResponseScript.environment(["EDR_HOME": home, "http_proxy": "", "all_proxy": ""]))
    }

    /// The text in the body of a request.
    func text(of request: String) throws -> String {
        let parts = request.components(separatedBy: "\r\n\r\n")
        try #require(parts.count == 2)
        let object = try JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: String]
        #expect(object?.count == 1)
        return try #require(object?["text"])
    }

    @Test func `what is known arrives as JSON, and the URL is on no command line but the script's`() throws {
        let service = try Service("200 OK")
        let home = try TemporaryFolder()
        #expect(mkdir(home.path + "/etc", 0o700) == 0)
        try home.write("http://127.0.0.1:\(service.port)/services/T0/secret\n", to: "etc/webhook-url")
        let result = try run(
            script.arguments("add", user: "root", ip: "192.0.2.1", file: "/tmp/x"), home: home.path)
        #expect(result.status == 0, "\(result)")
        let request = service.received()
        #expect(request.hasPrefix("POST /services/T0/secret HTTP/1.1\r\n"))
        #expect(request.contains("Content-Type: application/json\r\n"))
        #expect(
            try text(of: request)
                == "Active response on agent web01: rule 5712, alert 1700000000.4242\nuser: root\naddress: 192.0.2.1\nfile: /tmp/x"
        )
    }

    @Test(arguments: [
        ("a\"b\\c", "a\"b\\c"), ("$(id) `id` 'x'", "$(id) `id` 'x'"), ("new\nline\ttab\u{1}", "new\nline\ttab\u{1}"),
        ("<!channel> & co", "&lt;!channel&gt; &amp; co"), ("\u{E9}\u{4E2D}\u{1F600}", "\u{E9}\u{4E2D}\u{1F600}"),
        ("\\n\\u0022%s", "\\n\\u0022%s"), (String(repeating: "z", count: 100_000), String(repeating: "z", count: 500)),
        ("-rf", "-rf"), ("@/etc/passwd", "@/etc/passwd"),
    ])
    func `values arrive as they are`(value: String, shown: String) throws {
        let service = try Service("204 No Content")
        let result = try run(
            script.arguments("add", file: value, extra: ["http://127.0.0.1:\(service.port)/"]))
        #expect(result.status == 0, "\(result)")
        #expect(try text(of: service.received()).hasSuffix("\nfile: " + shown))
    }

    @Test func `bytes that are no UTF-8 are replaced`() throws {
        let service = try Service("200 OK")
        let result = try ShellCommand.run(
            "/bin/bash",
            [
                "-c", #"exec "$0" add "$(printf 'a\377\355\240\200\303(\360\237\230x\303')" - 1.1 1 web01 - "$1""#,
                script.path, "http://127.0.0.1:\(service.port)/",
            ], environment: ResponseScript.environment())
        #expect(result.status == 0, "\(result)")
        let text = try text(of: service.received())
        #expect(text.hasSuffix("\nuser: a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}(\u{FFFD}x\u{FFFD}"), "\(text)")
    }

    @Test(arguments: ["500 Internal Server Error", "404 Not Found", "302 Found"])
    func `any other answer makes it fail`(status: String) throws {
        let service = try Service(status)
        let result = try run(script.arguments("add", extra: ["http://127.0.0.1:\(service.port)/secret"]))
        #expect(result.status == 1)
        #expect(result.errors.contains("HTTP status \(status.prefix(3))"), "\(result)")
        #expect(!result.errors.contains("secret"))
    }

    @Test func `nobody there makes it fail`() throws {
        let result = try run(script.arguments("add", extra: ["http://127.0.0.1:\(try freePort())/secret"]))
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(!result.errors.contains("secret"))
    }

    @Test(arguments: [
        "file:///etc/passwd", "x", "http:///x", "http://x\" y", "http://x\noutput=/tmp/x", "-o", "http://x\\",
    ])
    func `what is no URL is refused`(url: String) throws {
        let result = try run(script.arguments("add", extra: [url]))
        #expect(result.status == 1)
        #expect(result.errors.contains("is not a URL"), "\(result)")
    }

    @Test func `without a URL it says where to put it, and delete sends nothing`() throws {
        let result = try run(script.arguments("add"))
        #expect(result.status == 1)
        #expect(result.errors.contains("/etc/webhook-url"))
        #expect(try run(script.arguments("delete")).status == 0)
    }
}
