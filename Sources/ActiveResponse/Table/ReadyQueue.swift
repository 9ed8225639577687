/// The keys that only wait for a free slot, each once, first come first served.
struct ReadyQueue: Sendable {
    private var keys: [ResponseKey] = []
    private var head = 0
    private var members: Set<ResponseKey> = []

    mutating func insert(_ key: ResponseKey) {
        if members.insert(key).inserted { keys.append(key) }
    }

    mutating func popFirst() -> ResponseKey? {
        guard head < keys.count else { return nil }
        let key = keys[head]
        head += 1
        members.remove(key)
        if head == keys.count || head > 1024 && head > keys.count / 2 {
            keys.removeFirst(head)
            head = 0
        }
        return key
    }
}
