#define _POSIX_C_SOURCE 200809L

#include "leaderforge.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

enum { BATCH = 50, TRIES = 5, TIMEOUT_MS = 10000, BACKOFF_MS = 250, LONGEST_WAIT_S = 60 };
enum { CAPACITY_BYTES = 1 << 20, ID_BYTES = 16, SECRET_BYTES = 32 };

struct lf_client {
    CURL *curl;
    char *url, *path, *device, *token;
    long long user_id;
    int lock;
    char message[512];
};

static void *allocated(void *memory) {
    if (memory == NULL) abort();
    return memory;
}

static char *formatted(const char *format, ...) {
    va_list values, copy;
    va_start(values, format);
    va_copy(copy, values);
    size_t size = (size_t)vsnprintf(NULL, 0, format, copy) + 1;
    char *text = allocated(malloc(size));
    vsnprintf(text, size, format, values);
    va_end(copy);
    va_end(values);
    return text;
}

/* Return a text as JSON. */
static char *quoted(const char *text) {
    cJSON *item = cJSON_CreateString(text);
    char *json = allocated(cJSON_PrintUnformatted(item));
    cJSON_Delete(item);
    return json;
}

static const char *text_of(const cJSON *json, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return text == NULL ? "" : text;
}

static long long integer_of(const cJSON *json, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? (long long)item->valuedouble : 0;
}

/* Write random bytes as hexadecimal digits. Without a source of them, ids would not be unique. */
static char *random_hex(char *digits, size_t size) {
    FILE *source = allocated(fopen("/dev/urandom", "rb"));
    for (size_t i = 0; i < size; i++) snprintf(digits + 2 * i, 3, "%02x", (unsigned)fgetc(source) & 0xff);
    fclose(source);
    return digits;
}

/* Return the text of a file, empty without one, NULL if it cannot be read. Bytes 0, of a lost power, become spaces. */
static char *file_text(const char *path) {
    struct stat facts;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return errno == ENOENT ? allocated(calloc(1, 1)) : NULL;
    bool is_whole = fstat(fileno(file), &facts) == 0;
    size_t size = is_whole ? (size_t)facts.st_size : 0;
    char *text = allocated(calloc(1, size + 1));
    is_whole = is_whole && fread(text, 1, size, file) == size;
    fclose(file);
    for (size_t i = 0; i < size; i++) text[i] = text[i] == '\0' ? ' ' : text[i];
    if (is_whole) return text;
    free(text);
    errno = EIO;
    return NULL;
}

/* Append a line, durably. After a failure the file is as before: the next line must not continue half a line. */
static bool append_line(const char *path, const char *line) {
    int file = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    if (file < 0) return false;
    off_t size = lseek(file, 0, SEEK_END);
    char *text = formatted("%s\n", line);
    bool is_written = write(file, text, strlen(text)) == (ssize_t)strlen(text) && fsync(file) == 0;
    if (!is_written && ftruncate(file, size) != 0) abort();
    close(file);
    free(text);
    return is_written;
}

/* Replace a file by a text. The old or the new content has the name at each moment. */
static bool replace_file(const char *path, const char *text) {
    char *next = formatted("%s.new", path), *copy = formatted("%s", path);
    int file = open(next, O_CREAT | O_TRUNC | O_WRONLY, 0600), folder = open(dirname(copy), O_RDONLY);
    bool is_written = file >= 0 && folder >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    is_written = is_written && fsync(file) == 0 && rename(next, path) == 0 && fsync(folder) == 0;
    if (file >= 0) close(file);
    if (folder >= 0) close(folder);
    free(next), free(copy);
    return is_written;
}

/* Keep a score that the service refused, or a damaged line, in the file `.rejected`. */
static bool set_aside(struct lf_client *client, const char *line, const char *reason) {
    char *path = formatted("%s.rejected", client->path), *why = quoted(reason), *score = quoted(line);
    char *entry = formatted("{\"reason\": %s, \"line\": %s}", why, score);
    bool is_written = append_line(path, entry);
    free(path), free(why), free(score), free(entry);
    return is_written;
}

struct lf_client *lf_open(const char *url, const char *queue) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct lf_client *client = allocated(calloc(1, sizeof *client));
    char *lock = formatted("%s.lock", queue);
    client->url = formatted("%s", url);
    client->path = formatted("%s", queue);
    client->device = formatted("%s.device", queue);
    client->curl = allocated(curl_easy_init());
    client->lock = open(lock, O_CREAT | O_RDWR, 0600);
    bool is_locked = client->lock >= 0 && fcntl(client->lock, F_SETLK, &whole) == 0;
    bool is_taken = client->lock >= 0 && !is_locked && errno == EACCES;
    char *text = is_locked ? file_text(queue) : NULL, *end = text == NULL ? NULL : strrchr(text, '\n');
    if (text != NULL) *(end == NULL ? text : end + 1) = '\0'; /* cut off half a line: its call did not return */
    bool is_open = text != NULL && replace_file(queue, text);
    int reason = is_taken ? EAGAIN : errno;
    free(lock), free(text);
    if (is_open) return client;
    lf_close(client);
    errno = reason;
    return NULL;
}

void lf_close(struct lf_client *client) {
    curl_easy_cleanup(client->curl);
    if (client->lock >= 0) close(client->lock);
    free(client->url), free(client->path), free(client->device), free(client->token), free(client);
}

static size_t receive(char *part, size_t size, size_t count, void *stream) {
    return fwrite(part, size, count, stream);
}

/* Send a request once, a POST if it has a body. Set `status` to the HTTP status, `after_s` to the server's delay. */
static cJSON *answer_of(
    struct lf_client *client, const char *path, const char *body, long *status, curl_off_t *after_s) {
    char *text = NULL, *url = formatted("%s%s", client->url, path);
    char *credential = formatted("Authorization: Bearer %s", client->token == NULL ? "" : client->token);
    size_t size = 0;
    FILE *stream = allocated(open_memstream(&text, &size));
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (client->token != NULL) headers = curl_slist_append(headers, credential);
    curl_easy_reset(client->curl);
    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, stream);
    if (body != NULL) curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
    bool is_whole = curl_easy_perform(client->curl) == CURLE_OK;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, after_s);
    fclose(stream);
    cJSON *answer = is_whole ? cJSON_Parse(text) : NULL;
    free(text), free(url), free(credential), curl_slist_free_all(headers);
    return answer;
}

/* Send a request until it is answered, and wait with full jitter. The caller deletes the answer, also of a refusal. */
static enum lf_status send_request(struct lf_client *client, const char *path, const char *body, cJSON **answer) {
    for (int try = 0;; try++) {
        long status = 0;
        curl_off_t after_s = 0;
        char digits[9];
        *answer = answer_of(client, path, body, &status, &after_s);
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(*answer, "error");
        bool may_pass = status == 408 || status == 425 || status == 429 || status >= 500;
        if (status < 400 && cJSON_IsObject(*answer)) return LF_OK;
        snprintf(client->message, sizeof client->message, "%ld %s", status, text_of(error, "message"));
        if (status >= 400 && !may_pass) return LF_REFUSED;
        if (try + 1 == TRIES || after_s > LONGEST_WAIT_S) return LF_WAITING;
        cJSON_Delete(*answer);
        unsigned long bound = (unsigned long)BACKOFF_MS << try;
        unsigned long jitter = strtoul(random_hex(digits, 4), NULL, 16) % bound;
        struct timespec wait = {
            .tv_sec = (time_t)after_s + (time_t)(jitter / 1000), .tv_nsec = (long)(jitter % 1000) * 1000000};
        while (nanosleep(&wait, &wait) != 0 && errno == EINTR) continue;
    }
}

/* Send a request, and once more after a new sign-in if the token is refused. */
static enum lf_status authorized(struct lf_client *client, const char *path, const char *body, cJSON **answer) {
    enum lf_status status = send_request(client, path, body, answer);
    if (status != LF_REFUSED || strncmp(client->message, "401", 3) != 0) return status;
    cJSON_Delete(*answer);
    *answer = NULL;
    status = lf_sign_in(client, NULL);
    return status == LF_OK ? send_request(client, path, body, answer) : status;
}

enum lf_status lf_sign_in(struct lf_client *client, const char *username) {
    char digits[2 * SECRET_BYTES + 1], *text = file_text(client->device);
    if (text == NULL) return LF_DISK; /* a new secret would be another player */
    cJSON *device = cJSON_Parse(text), *session = NULL;
    const char *stored = text_of(device, "secret");
    char *secret = formatted("%s", stored[0] == '\0' ? random_hex(digits, SECRET_BYTES) : stored);
    char *name = quoted(username == NULL ? "" : username), *line = formatted("{\"secret\": \"%s\"}", secret);
    char *named = formatted("{\"secret\": \"%s\", \"username\": %s}", secret, name);
    enum lf_status status = LF_DISK;
    client->user_id = integer_of(device, "user_id"); /* of an earlier run: scores can be queued without the network */
    free(client->token), client->token = NULL;
    if (stored[0] != '\0' || replace_file(client->device, line)) { /* durable before the first try */
        status = send_request(client, "/api/auth/device", username == NULL ? line : named, &session);
    }
    if (status == LF_OK) {
        client->token = formatted("%s", text_of(session, "token"));
        client->user_id = integer_of(session, "user_id");
        free(line), line = formatted("{\"secret\": \"%s\", \"user_id\": %lld}", secret, client->user_id);
        if (!replace_file(client->device, line)) status = LF_DISK;
    }
    free(text), free(secret), free(name), free(line), free(named), cJSON_Delete(device), cJSON_Delete(session);
    return status;
}

static enum lf_status refused(struct lf_client *client, const char *reason) {
    snprintf(client->message, sizeof client->message, "%s", reason);
    return LF_REFUSED;
}

enum lf_status lf_enqueue(struct lf_client *client, const char *board, long long score) {
    struct stat facts;
    char id[2 * ID_BYTES + 1];
    if (client->user_id == 0) return refused(client, "sign in first");
    if (stat(client->path, &facts) == 0 && facts.st_size >= CAPACITY_BYTES) return refused(client, "the queue is full");
    random_hex(id, ID_BYTES);
    char *slug = quoted(board);
    char *line = formatted( /* cJSON would round large integers */
        "{\"board\": %s, \"user_id\": %lld, \"score\": %lld, \"submission_id\": \"%.8s-%.4s-4%.3s-8%.3s-%.12s\"}", slug,
        client->user_id, score, id, id + 8, id + 13, id + 17, id + 20);
    bool is_written = append_line(client->path, line);
    free(slug), free(line);
    return is_written ? LF_OK : LF_DISK;
}

/* Return whether a result lets its score leave the queue. A refused one is set aside first. */
static bool is_settled(struct lf_client *client, const char *line, const cJSON *result) {
    static const char *const transient[] = { /* codes that a later try may not get */
        "rate_limited", "request_timeout", "internal_error", "unavailable", "store_unavailable", "index_unavailable",
        "queue_unavailable", "period_building", "overloaded"};
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(result, "error");
    const char *code = text_of(error, "code");
    for (size_t i = 0; i < sizeof transient / sizeof *transient; i++) {
        if (strcmp(code, transient[i]) == 0) return false;
    }
    return error == NULL || set_aside(client, line, code);
}

/* Return whether the service refused a batch because it cannot read it. A refusal without a text is a proxy's. */
static bool is_unreadable(const struct lf_client *client) {
    long status = strtol(client->message, NULL, 10);
    return (status == 400 || status == 413 || status == 415 || status == 422) && client->message[4] != '\0';
}

/* Send up to BATCH lines, and put the rest of the queue back without those that are settled. */
static enum lf_status send_batch(struct lf_client *client, char **lines, size_t count, const char *rest) {
    char *body = NULL, *kept = NULL;
    size_t size = 0, kept_count = 0;
    cJSON *answer = NULL;
    FILE *stream = allocated(open_memstream(&body, &size));
    for (size_t i = 0; i < count; i++) fprintf(stream, "%s%s", i == 0 ? "{\"submissions\": [" : ", ", lines[i]);
    fprintf(stream, "]}");
    fclose(stream);
    enum lf_status status = authorized(client, "/api/scores/batch", body, &answer);
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(answer, "results");
    bool is_refused = status == LF_REFUSED && count == 1 && is_unreadable(client);
    if (status == LF_OK && cJSON_GetArraySize(results) != (int)count) status = LF_WAITING;
    if (status == LF_OK || is_refused) {
        stream = allocated(open_memstream(&kept, &size));
        for (size_t i = 0; i < count; i++) {
            bool leaves = is_settled(client, lines[i], is_refused ? answer : cJSON_GetArrayItem(results, (int)i));
            if (!leaves) kept_count++, fprintf(stream, "%s\n", lines[i]);
        }
        fprintf(stream, "%s", rest);
        fclose(stream);
        status = !replace_file(client->path, kept) ? LF_DISK : kept_count > 0 ? LF_WAITING : LF_OK;
    }
    free(body), free(kept), cJSON_Delete(answer);
    return status;
}

/* Return whether a line is a score. A damaged one is set aside. */
static bool is_score(struct lf_client *client, const char *line) {
    cJSON *score = cJSON_Parse(line);
    bool is_damaged = text_of(score, "submission_id")[0] == '\0';
    cJSON_Delete(score);
    return !is_damaged || !set_aside(client, line, "damaged");
}

/* Send the first scores of the queue, up to `limit`. Set `count` to their number. */
static enum lf_status send_first(struct lf_client *client, size_t limit, size_t *count) {
    char *queue = file_text(client->path), *rest = queue, *end, *lines[BATCH];
    enum lf_status status = queue == NULL ? LF_DISK : LF_OK;
    *count = 0;
    for (; status == LF_OK && *count < limit && (end = strchr(rest, '\n')) != NULL; rest = end + 1) {
        *end = '\0';
        if (is_score(client, rest)) lines[(*count)++] = rest;
    }
    if (*count > 0) status = send_batch(client, lines, *count, rest);
    else if (rest != queue) status = replace_file(client->path, rest) ? LF_OK : LF_DISK; /* damaged lines only */
    free(queue);
    return status;
}

enum lf_status lf_flush(struct lf_client *client) {
    enum lf_status status;
    size_t limit = BATCH, count;
    bool is_halved;
    do {
        status = send_first(client, limit, &count);
        is_halved = status == LF_REFUSED && count > 1 && is_unreadable(client);
        limit = is_halved ? count / 2 : BATCH;
    } while (is_halved || (status == LF_OK && count > 0));
    return status;
}

static void read_entry(const cJSON *json, struct lf_entry *entry) {
    entry->rank = integer_of(json, "rank");
    entry->score = integer_of(json, "score");
    snprintf(entry->username, sizeof entry->username, "%s", text_of(json, "username"));
}

/* Read a part of a board. The caller deletes the answer. */
static enum lf_status read_board(
    struct lf_client *client, const char *board, const char *part, long long id, cJSON **answer) {
    char *slug = curl_easy_escape(client->curl, board, 0), *path = formatted("/api/boards/%s/%s%lld", slug, part, id);
    enum lf_status status = authorized(client, path, NULL, answer);
    curl_free(slug), free(path);
    return status;
}

enum lf_status lf_top(struct lf_client *client, const char *board, struct lf_entry *entries, size_t *count) {
    size_t limit = *count;
    cJSON *answer = NULL;
    const cJSON *entry;
    enum lf_status status = read_board(client, board, "top?limit=", (long long)limit, &answer);
    *count = 0;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(answer, "entries")) {
        if (*count < limit) read_entry(entry, &entries[(*count)++]);
    }
    cJSON_Delete(answer);
    return status;
}

enum lf_status lf_rank(struct lf_client *client, const char *board, struct lf_entry *entry) {
    cJSON *answer = NULL;
    enum lf_status status = read_board(client, board, "ranks/", client->user_id, &answer);
    read_entry(answer, entry);
    cJSON_Delete(answer);
    return status;
}

const char *lf_message(const struct lf_client *client) {
    return client->message;
}
