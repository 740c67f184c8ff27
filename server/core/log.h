/* JSON log lines, one a line, to log_file.
 *
 * A line is built in a struct on the caller's stack and handed to the thread's buffer; the loop flushes it each tick.
 * Every text is escaped and cut, so no value can break a line (promise O1). Callers never pass secrets, names of people,
 * addresses or bodies (promises K1, P5). Any thread; each has its own buffer.
 */
#ifndef HANSA_LOG_H
#define HANSA_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hansa_log_level { HANSA_LOG_INFO, HANSA_LOG_WARNING, HANSA_LOG_ERROR };

struct hansa_log_line {
    size_t len;
    char text[2048];
};

/* Opens log_file ("-" = stderr). False = errno tells why. Call again after SIGHUP to follow a rotated file. */
bool hansa_log_open(const char *path);

void hansa_log_begin(struct hansa_log_line *line, enum hansa_log_level level, const char *message);
void hansa_log_text(struct hansa_log_line *line, const char *key, const char *text,
                    size_t len); /* NULL text: left out */
void hansa_log_number(struct hansa_log_line *line, const char *key, int64_t value);
void hansa_log_end(struct hansa_log_line *line);

/* A line with up to two texts, written at once. */
void hansa_log_event(enum hansa_log_level level, const char *message, const char *detail, const char *more);
/* Writes out what this thread has buffered. Safe in a signal handler, like the next one. */
void hansa_log_flush(void);
/* Bytes as they are, at once: a line that somebody else put together (crash.c). */
void hansa_log_write(const char *bytes, size_t len);

#endif
