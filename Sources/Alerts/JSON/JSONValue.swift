/// The raw values of JSON whose syntax was checked before, as the texts that they stand for.
enum JSONValue {
    /// The text of a string, number or boolean; nil for null, an object or an array.
    static func text(_ raw: ArraySlice<UInt8>) -> String? {
        switch raw.first {
        case UInt8(ascii: "\""): JSONString.text(raw.dropFirst().dropLast())
        case nil, UInt8(ascii: "n"), UInt8(ascii: "{"), UInt8(ascii: "["): nil
        default: String(decoding: raw, as: UTF8.self)
        }
    }

    /// The texts in an array.
    ///
    /// A string is read as the list with commas that Wazuh makes the array of.
    ///
    /// Elements that are null, objects or arrays are left out.
    static func texts(_ raw: ArraySlice<UInt8>) -> [String] {
        switch raw.first {
        case UInt8(ascii: "["): return elements(raw).compactMap { text($0) }
        // Not by characters: a comma and a combining mark behind it are one.
        case UInt8(ascii: "\""): return (text(raw) ?? "").unicodeScalars.split(separator: ",").map(String.init)
        default: return []
        }
    }

    private static func elements(_ array: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        array.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            var elements: [ArraySlice<UInt8>] = []
            cursor.position += 1
            cursor.skipBlanks()
            while cursor.position < bytes.count, cursor.current != UInt8(ascii: "]") {
                let start = cursor.position
                // Never fails for an array that was scanned before.
                guard (try? cursor.skipLeaf()) != nil else { break }
                elements.append(array[array.startIndex + start..<array.startIndex + cursor.position])
                cursor.skipBlanks()
                if cursor.current == UInt8(ascii: ",") { cursor.position += 1 }
                cursor.skipBlanks()
            }
            return elements
        }
    }
}
