import Alerts

/// The TCP sockets of `/proc/net/tcp` and `tcp6` that listen or are connected.
struct TCPTable {
    struct Listener: Hashable {
        let port: UInt16
        let inode: UInt64
    }

    struct Connection {
        let localPort: UInt16
        /// The address in hexadecimal digits, as the file has it: most are never looked at.
        let peer: ArraySlice<UInt8>
    }

    private(set) var listeners: [Listener] = []
    private(set) var connections: [Connection] = []

    private enum State {
        static let established: UInt64 = 0x01
        static let listening: UInt64 = 0x0A
    }

    /// - Parameter root: what stands before `/proc`; only tests give one.
    static func read(root: String = "") -> TCPTable {
        var table = TCPTable()
        for file in ["tcp", "tcp6"] { table.add(ProcFile.bytes("\(root)/proc/net/\(file)") ?? []) }
        return table
    }

    /// Lines of number, local address, remote address, state, queues, timer, retransmissions, user, timeout and inode.
    private mutating func add(_ text: [UInt8]) {
        for line in text.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 10)
            guard fields.count >= 10, let state = ProcAddress.number(fields[3]),
                state == State.established || state == State.listening,
                let port = ProcAddress.number(fields[1].suffix(4))
            else { continue }
            let localPort = UInt16(truncatingIfNeeded: port)
            if state == State.established {
                connections.append(Connection(localPort: localPort, peer: fields[2].prefix { $0 != UInt8(ascii: ":") }))
            } else if let inode = UInt64(String(decoding: fields[9], as: UTF8.self)) {
                listeners.append(Listener(port: localPort, inode: inode))
            }
        }
    }
}
