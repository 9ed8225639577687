/// The members of a JSON object and of the objects in it, found by their path.
///
/// Built only for an alert that may fire. Arrays are one value each; what is in them is not listed.
struct JSONMembers: Sendable {
    private struct Member {
        /// What stands between the quotes of the key.
        var key: ByteSpan
        /// The raw value.
        var value: ByteSpan = .none
        /// The index of the next member of the same object, or the end of that object's members.
        ///
        /// Those in between are the members of this member.
        var next = 0
    }

    private var members: [Member] = []

    /// - Parameter json: an object that ``AlertScanner`` accepted. Of anything else, what was understood is listed.
    init(_ json: [UInt8]) {
        json.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            do throws(AlertError) {
                try list(&cursor)
            } catch {
                // Never for an object that was scanned before: what follows cannot be named, and so is not there.
                members = []
            }
        }
    }

    /// The raw value at a path, such as `["data", "srcip"]`.
    ///
    /// Of members with the same key the first counts, even when only a later one has the rest of the path.
    func value(_ path: some Sequence<some StringProtocol>, in json: [UInt8]) -> ArraySlice<UInt8>? {
        var candidates = members.indices
        var found: Member?
        for key in path {
            var index = candidates.lowerBound
            while index < candidates.upperBound, !isKey(members[index], key, in: json) { index = members[index].next }
            guard index < candidates.upperBound else { return nil }
            found = members[index]
            candidates = index + 1..<members[index].next
        }
        return found.map { json[$0.value.range] }
    }

    /// A member of the object itself.
    struct Entry {
        /// What stands between the quotes of the key.
        let key: ArraySlice<UInt8>
        /// The raw value.
        let value: ArraySlice<UInt8>
    }

    /// The members of the object itself, in their order.
    func topLevel(in json: [UInt8]) -> [Entry] {
        var entries: [Entry] = []
        var index = members.startIndex
        while index < members.endIndex {
            entries.append(Entry(key: json[members[index].key.range], value: json[members[index].value.range]))
            index = members[index].next
        }
        return entries
    }

    private func isKey(_ member: Member, _ key: some StringProtocol, in json: [UInt8]) -> Bool {
        let contents = json[member.key.range]
        return contents.contains(UInt8(ascii: "\\"))
            ? JSONString.resolved(contents).elementsEqual(key.utf8) : contents.elementsEqual(key.utf8)
    }

    /// Lists the members of the object at the cursor, those of inner objects right behind the member that holds them.
    private mutating func list(_ cursor: inout JSONCursor) throws(AlertError) {
        cursor.skipBlanks()
        // The members whose object is open.
        var open: [Int] = []
        try enter(&cursor)
        while true {
            if cursor.current == UInt8(ascii: "}") {
                cursor.position += 1
                guard let closed = open.popLast() else { return }
                end(closed, &cursor)
                continue
            }
            let key = try key(&cursor)
            members.append(Member(key: key, value: ByteSpan(cursor.position, cursor.position)))
            let index = members.count - 1
            if cursor.current == UInt8(ascii: "{") {
                open.append(index)
                try enter(&cursor)
            } else {
                try cursor.skipLeaf()
                end(index, &cursor)
            }
        }
    }

    private func enter(_ cursor: inout JSONCursor) throws(AlertError) {
        guard cursor.current == UInt8(ascii: "{") else { throw cursor.unexpected() }
        cursor.position += 1
        cursor.skipBlanks()
    }

    private func key(_ cursor: inout JSONCursor) throws(AlertError) -> ByteSpan {
        guard cursor.current == UInt8(ascii: "\"") else { throw cursor.unexpected() }
        let start = cursor.position + 1
        _ = try cursor.skipString()
        let key = ByteSpan(start, cursor.position - 1)
        cursor.skipBlanks()
        guard cursor.current == UInt8(ascii: ":") else { throw cursor.unexpected() }
        cursor.position += 1
        cursor.skipBlanks()
        return key
    }

    /// Notes where a value and with it its member ends, and steps to the next member or closing bracket.
    private mutating func end(_ index: Int, _ cursor: inout JSONCursor) {
        members[index].value = ByteSpan(Int(members[index].value.start), cursor.position)
        members[index].next = members.count
        cursor.skipBlanks()
        if cursor.current == UInt8(ascii: ",") {
            cursor.position += 1
            cursor.skipBlanks()
        }
    }
}

extension JSONCursor {
    /// Steps over any value but an object that is to be entered.
    ///
    /// The text was checked before: brackets balance.
    mutating func skipLeaf() throws(AlertError) {
        var depth = 0
        repeat {
            switch current {
            case UInt8(ascii: "\""): _ = try skipString()
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                position += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                position += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): try skipNumber()
            case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): try skipWord()
            case UInt8(ascii: ","), UInt8(ascii: ":"): position += 1
            default: throw unexpected()
            }
            if depth > 0 { skipBlanks() }
        } while depth > 0
    }
}
