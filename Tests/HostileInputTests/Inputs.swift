import Foundation
import HostileInput
import TestSupport

/// Inputs that are kept in files, and changed ones.
enum Inputs {
    /// The files of a subject in a folder of `Tests/HostileInput`: `Corpus`, from which fuzzing starts, or `Findings`,
    /// what it found.
    static func files(of subject: Subject, in folder: String) throws -> [(name: String, bytes: [UInt8])] {
        try Repository.files(below: "Tests/HostileInput/\(folder)/\(subject)").map { file in
            (file, Array(try Data(contentsOf: URL(fileURLWithPath: Repository.path + "/" + file))))
        }
    }

    /// Inputs that the subject reads far into.
    static func good(for subject: Subject) throws -> [[UInt8]] {
        try files(of: subject, in: "Corpus").map(\.bytes) + subject.samples
    }
}

/// The same numbers on every run, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Bytes with a few damaged places, perhaps cut or with a piece of other bytes in them.
    mutating func damaged(_ bytes: [UInt8], with others: [[UInt8]]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let place = Int.random(in: 0...bytes.count, using: &self)
            let end = min(bytes.count, place + Int.random(in: 0...16, using: &self))
            switch Int.random(in: 0..<6, using: &self) {
            case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &self), at: place)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 4: bytes.removeSubrange(place...)
            default:
                guard let other = others.randomElement(using: &self), !other.isEmpty else { continue }
                let start = Int.random(in: 0..<other.count, using: &self)
                bytes.insert(contentsOf: other[start...].prefix(40), at: place)
            }
        }
        return bytes
    }
}
