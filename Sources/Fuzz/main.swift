import Glibc
import HostileInput

/// libFuzzer's own main, without its `main`: that name belongs to this file.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private func complain(_ text: String) {
    let line = Array((text + "\n").utf8)
    write(STDERR_FILENO, line, line.count)
}

/// Writes the subject's samples, from which fuzzing starts, into a folder.
private func writeSamples(of subject: Subject, to folder: String) {
    for (number, sample) in subject.samples.enumerated() {
        guard let file = fopen("\(folder)/sample-\(number)", "w") else {
            complain("Fuzz: cannot write into \"\(folder)\"")
            exit(1)
        }
        fwrite(sample, 1, sample.count, file)
        fclose(file)
    }
}

/// Which subject is fuzzed, as the environment says; libFuzzer has all arguments for itself.
private func chosenSubject() -> Subject {
    guard let name = getenv("EDR_FUZZ_SUBJECT"), let subject = Subject(rawValue: String(cString: name)) else {
        complain("Fuzz: EDR_FUZZ_SUBJECT must be one of \(Subject.allCases.map(\.rawValue).joined(separator: " "))")
        exit(64)
    }
    return subject
}

let subject = chosenSubject()
if let folder = getenv("EDR_FUZZ_SAMPLES") { writeSamples(of: subject, to: String(cString: folder)) }

var argumentCount = CommandLine.argc
var arguments = CommandLine.unsafeArgv
let status = runFuzzer(&argumentCount, &arguments) { bytes, count in
    do throws(Violation) {
        try subject.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        complain("Fuzz: \(error)")
        // What libFuzzer takes for a crash: it keeps the input.
        abort()
    }
    return 0
}
exit(status)
