// Empty but in a build for ThreadSanitizer (scripts/test --sanitize thread).
//
// The standard library is not compiled for it. What of `Mutex` is inlined into our code is, which is all as long as a
// mutex is free; the functions below, that wait for one and wake who waits, are not. Unseen, each contended lock would be
// reported as a race. Here they are seen: the program's own definitions come before those of the library.
#if defined(__has_feature) && __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void edr_tsan_lock(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void edr_tsan_unlock(SELF void *mutex) __asm__(UNLOCK);

/// `_MutexHandle._lockSlow(UInt32)`.
SWIFT void edr_tsan_lock(uint32_t thread, SELF void *mutex) {
    SWIFT void (*original)(uint32_t, SELF void *) = dlsym(RTLD_NEXT, LOCK);
    original(thread, mutex);
    __tsan_acquire(mutex);
}

/// `_MutexHandle._unlockSlow()`.
SWIFT void edr_tsan_unlock(SELF void *mutex) {
    SWIFT void (*original)(SELF void *) = dlsym(RTLD_NEXT, UNLOCK);
    __tsan_release(mutex);
    original(mutex);
}
#endif
