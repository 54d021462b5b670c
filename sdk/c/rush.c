/* Sample: `rush URL QUEUE BOARD NAME`. Each line of the input is a score, or one of `top`, `rank` and `flush`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leaderforge.h"

static void print_entry(const struct lf_entry *entry) {
    printf("%lld %s %lld\n", entry->rank, entry->username, entry->score);
}

static void print_outcome(struct lf_client *client, enum lf_status status) {
    if (status == LF_OK) printf("sent\n");
    else if (status == LF_WAITING) printf("waits\n");
    else printf("failed: %s\n", status == LF_DISK ? "a file cannot be read or written" : lf_message(client));
}

static void perform(struct lf_client *client, const char *board, const char *command) {
    struct lf_entry entries[10];
    size_t count = 10;
    if (strcmp(command, "top") == 0 && lf_top(client, board, entries, &count) == LF_OK) {
        for (size_t i = 0; i < count; i++) print_entry(&entries[i]);
    } else if (strcmp(command, "rank") == 0 && lf_rank(client, board, entries) == LF_OK) {
        print_entry(entries);
    } else if (strcmp(command, "flush") == 0) {
        print_outcome(client, lf_flush(client));
    } else if (command[strspn(command, "-0123456789")] == '\0') {
        enum lf_status status = lf_enqueue(client, board, strtoll(command, NULL, 10));
        if (status == LF_OK) printf("queued\n"), fflush(stdout); /* from here on, a crash does not lose it */
        print_outcome(client, status == LF_OK ? lf_flush(client) : status);
    } else {
        printf("failed: %s\n", lf_message(client));
    }
}

int main(int argc, char **argv) {
    char line[64];
    if (argc != 5) return fprintf(stderr, "usage: rush URL QUEUE BOARD NAME\n"), 2;
    struct lf_client *client = lf_open(argv[1], argv[2]);
    if (client == NULL) return perror(argv[2]), 1;
    enum lf_status status = lf_sign_in(client, argv[4]);
    if (status != LF_OK) print_outcome(client, status); /* a known player can play without the network */
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        perform(client, argv[3], line);
        fflush(stdout);
    }
    lf_close(client);
    return 0;
}
