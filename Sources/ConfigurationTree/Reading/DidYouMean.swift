/// The candidate that `word` is most likely a misspelling of, or nil when none is near.
///
/// Near means: equal but for letter case or `-` and `_`, or within one edit for every three characters (insert,
/// delete, replace, or swap of neighbours). Of equally near candidates the first wins.
package func didYouMean(_ word: String, among candidates: [String]) -> String? {
    // Beyond this a word is no misspelling, and the comparison is quadratic.
    guard word.utf8.count <= 64 else { return nil }
    let wanted = folded(word)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates where candidate != word && candidate.utf8.count <= 64 {
        let distance = editDistance(wanted, folded(candidate))
        let allowed = max(1, min(word.utf8.count, candidate.utf8.count) / 3)
        if distance <= allowed, distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    return best?.candidate
}

/// `; did you mean 'CANDIDATE'?` for the end of a message, or nothing.
package func suggestion(for word: String, among candidates: [String]) -> String {
    didYouMean(word, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
}

private func folded(_ word: String) -> [UInt8] {
    word.lowercased().utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
}

/// The optimal string alignment distance: edits of one byte, and swaps of two neighbours that are edited only once.
private func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: second.count + 1)
    var last = Array(0...second.count)
    for row in 0..<first.count {
        var current = [row + 1]
        for column in 0..<second.count {
            let replaced = last[column] + (first[row] == second[column] ? 0 : 1)
            var distance = min(replaced, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                distance = min(distance, beforeLast[column - 1] + 1)
            }
            current.append(distance)
        }
        beforeLast = last
        last = current
    }
    return last[second.count]
}
