/// A JSON object that is being written, member by member.
struct JSONObject {
    private var members: [UInt8] = []

    var bytes: [UInt8] { [UInt8(ascii: "{")] + members + [UInt8(ascii: "}")] }

    /// Adds a member with its raw value; none for nil.
    mutating func add(_ key: StaticString, _ value: (some Collection<UInt8>)?) {
        guard let value else { return }
        add(key: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount), value)
    }

    /// Adds a member with its value in JSON; none for nil.
    mutating func add(_ key: StaticString, _ value: String?) {
        add(key, value.map { Array($0.utf8) })
    }

    /// Adds an object, unless it is empty.
    mutating func add(_ key: StaticString, _ value: JSONObject) {
        add(key, value.members.isEmpty ? nil : value.bytes)
    }

    /// - Parameter key: as it stands between its quotes.
    mutating func add(key: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        if !members.isEmpty { members.append(UInt8(ascii: ",")) }
        members.append(UInt8(ascii: "\""))
        members.append(contentsOf: key)
        members += [UInt8(ascii: "\""), UInt8(ascii: ":")]
        members.append(contentsOf: value)
    }
}
