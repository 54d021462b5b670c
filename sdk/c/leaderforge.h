/* Client of LeaderForge for C99 and POSIX. Scores that it has queued cannot be lost and cannot count twice.
 * Calls block: at most 10 s per try, 5 tries, and the waits between them. One thread at a time may use a client. */
#ifndef LEADERFORGE_H
#define LEADERFORGE_H

#include <stddef.h>

struct lf_client;

enum lf_status {
    LF_OK,
    LF_WAITING, /* the service cannot be reached or cannot count at present; scores stay in the queue */
    LF_REFUSED, /* lf_message() has the reason */
    LF_DISK,    /* a file cannot be read or written; the score was not added, or will be sent once more */
};

struct lf_entry {
    long long rank;
    long long score;
    char username[256]; /* UTF-8, empty without a name */
};

/* Open the queue's file, and create it. Return NULL and set errno: EAGAIN if another process has the file.
 * A file that cannot be read stays as it is. */
struct lf_client *lf_open(const char *url, const char *queue);
void lf_close(struct lf_client *client);

/* Sign in by a secret of this device, which a file beside the queue keeps. The first call creates the player. */
enum lf_status lf_sign_in(struct lf_client *client, const char *username);

/* Make a score durable without sending it. */
enum lf_status lf_enqueue(struct lf_client *client, const char *board, long long score);

/* Send all scores that wait, in their order. Refused ones move to the file with the ending `.rejected`. */
enum lf_status lf_flush(struct lf_client *client);

/* Read the first entries, at most `*count`, and set their number. */
enum lf_status lf_top(struct lf_client *client, const char *board, struct lf_entry *entries, size_t *count);

/* Read the entry of the player that is signed in. */
enum lf_status lf_rank(struct lf_client *client, const char *board, struct lf_entry *entry);

/* Return the reason of the last refusal. */
const char *lf_message(const struct lf_client *client);

#endif
