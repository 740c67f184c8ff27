/* Lines are gathered per thread and written whole: write(2) with O_APPEND keeps lines of several threads apart. If the
 * log cannot be written, lines are lost rather than requests. */
#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 32768 };

static int log_fd = STDERR_FILENO;
static _Thread_local struct {
    size_t len;
    char text[BUFFER_BYTES];
} buffer;

bool hansa_log_open(const char *path) {
    int fd = strcmp(path, "-") == 0 ? STDERR_FILENO : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) return false;
    int old = __atomic_exchange_n(&log_fd, fd, __ATOMIC_ACQ_REL);
    if (old != STDERR_FILENO && old != fd) close(old);
    return true;
}

void hansa_log_write(const char *bytes, size_t len) {
    for (size_t at = 0; at < len;) {
        ssize_t wrote = write(__atomic_load_n(&log_fd, __ATOMIC_ACQUIRE), bytes + at, len - at);
        if (wrote <= 0) break;
        at += (size_t)wrote;
    }
}

void hansa_log_flush(void) {
    hansa_log_write(buffer.text, buffer.len);
    buffer.len = 0;
}

static void put(struct hansa_log_line *line, const char *text, size_t len) {
    size_t room = sizeof line->text - 3 - line->len; /* keeps room for the closing brace, line feed, NUL */
    if (len > room) len = room;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_escaped(struct hansa_log_line *line, const char *text, size_t len) {
    for (size_t i = 0; i < len && line->len + 16 < sizeof line->text; i++) {
        unsigned char c = (unsigned char)text[i];
        char code[8];
        if (c == '"' || c == '\\') {
            put(line, (char[]){'\\', (char)c}, 2);
        } else if (c < 0x20 || c >= 0x7f) {
            int n =
                snprintf(code, sizeof code, "\\u%04x", c); /* not decoded: a log needs no exact text, only safe bytes */
            put(line, code, (size_t)n);
        } else {
            put(line, text + i, 1);
        }
    }
}

static void put_key(struct hansa_log_line *line, const char *key) {
    put(line, ",\"", 2);
    put(line, key, strlen(key));
    put(line, "\":", 2);
}

void hansa_log_begin(struct hansa_log_line *line, enum hansa_log_level level, const char *message) {
    static const char *const names[] = {"info", "warning", "error"};
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    line->len = 0;
    char head[64];
    size_t n = strftime(head, sizeof head, "{\"time\":\"%Y-%m-%dT%H:%M:%S", &utc);
    n += (size_t)snprintf(head + n, sizeof head - n, ".%03ldZ\"", now.tv_nsec / 1000000);
    put(line, head, n);
    hansa_log_text(line, "level", names[level], SIZE_MAX);
    hansa_log_text(line, "message", message, SIZE_MAX);
}

void hansa_log_text(struct hansa_log_line *line, const char *key, const char *text, size_t len) {
    if (text == NULL || line->len + strlen(key) + 32 > sizeof line->text) return;
    put_key(line, key);
    put(line, "\"", 1);
    put_escaped(line, text, len == SIZE_MAX ? strnlen(text, 512) : len < 512 ? len : 512);
    put(line, "\"", 1);
}

void hansa_log_number(struct hansa_log_line *line, const char *key, int64_t value) {
    char digits[24];
    if (line->len + strlen(key) + 32 > sizeof line->text) return;
    put_key(line, key);
    put(line, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)value));
}

void hansa_log_end(struct hansa_log_line *line) {
    line->text[line->len++] = '}';
    line->text[line->len++] = '\n';
    if (buffer.len + line->len > sizeof buffer.text) hansa_log_flush();
    memcpy(buffer.text + buffer.len, line->text, line->len);
    buffer.len += line->len;
}

void hansa_log_event(enum hansa_log_level level, const char *message, const char *detail, const char *more) {
    struct hansa_log_line line;
    hansa_log_begin(&line, level, message);
    hansa_log_text(&line, "detail", detail, SIZE_MAX);
    if (more != NULL && *more != '\0') hansa_log_text(&line, "more", more, SIZE_MAX);
    hansa_log_end(&line);
    hansa_log_flush();
}
