/*
 * The floor of the latency benchmark: starts a script by vfork and nothing else, and prints how long it took
 * from just before the vfork to the script's first instruction, in nanoseconds, one line a run.
 *
 * usage: VforkFloor SCRIPT FIFO COUNT      the script's first instruction is to write a line to FIFO
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: VforkFloor SCRIPT FIFO COUNT\n");
        return 64;
    }
    char *script = arguments[1];
    /* Open for reading and writing, so that the reader never sees an end of file between two runs. */
    int fifo = open(arguments[2], O_RDWR | O_CLOEXEC);
    if (fifo < 0) {
        perror(arguments[2]);
        return 1;
    }
    char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    char *words[] = {script, "add", "-", "198.51.100.77", "1.1", "5712", "web-03", "-", NULL};
    for (int left = atoi(arguments[3]); left > 0; left--) {
        char buffer[64];
        long long start = now();
        pid_t child = vfork();
        if (child == 0) {
            execve(script, words, environment);
            _exit(127);
        }
        if (child < 0 || read(fifo, buffer, sizeof buffer) <= 0) {
            perror("VforkFloor");
            return 1;
        }
        printf("%lld\n", now() - start);
        waitpid(child, NULL, 0);
        usleep(5000);
    }
    return 0;
}
