/*
 * What the response scripts of scripts/chaos run: writes one line about this run into the recording, in one write(2),
 * and then stays for a while, so that a kill can meet it.
 *
 * usage: ChaosRecorder RECORDING LONGEST      LONGEST: the longest stay in milliseconds
 *
 * The line: action, dispatch, alert, agent, CLOCK_MONOTONIC in ns, wall clock in ms, pid.
 * Nothing is synced: the drill kills processes, not machines.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : "-";
}

int main(int count, char **arguments) {
    struct timespec monotonic, wall;
    char line[512];
    if (count != 3) {
        fprintf(stderr, "usage: ChaosRecorder RECORDING LONGEST\n");
        return 64;
    }
    int file = open(arguments[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) {
        perror(arguments[1]);
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    clock_gettime(CLOCK_REALTIME, &wall);
    int length = snprintf(line, sizeof line, "%s %s %s %s %lld %lld %d\n", variable("EDR_ACTION"),
                          variable("EDR_DISPATCH_ID"), variable("EDR_ALERT_ID"), variable("EDR_AGENT_ID"),
                          monotonic.tv_sec * 1000000000LL + monotonic.tv_nsec,
                          wall.tv_sec * 1000LL + wall.tv_nsec / 1000000, (int)getpid());
    if (length <= 0 || length >= (int)sizeof line || write(file, line, length) != length) {
        perror(arguments[1]);
        return 1;
    }
    long longest = atol(arguments[2]);
    if (longest > 0) usleep((monotonic.tv_nsec / 1000 % longest) * 1000);
    return 0;
}
