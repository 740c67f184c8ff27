/* Load over HTTP/2 with requests prepared beforehand: h2load cannot give each request a key and a body of its own.
 *
 *   h2_replay ADDRESS PORT clear|tls CONNECTIONS STREAMS SECONDS FIRST_NUMBER FILE
 *
 * FILE holds requests: length of the head (4 bytes, little endian), length of the body (4), HPACK block, body. The mark
 * "@@@@@@@@@@" in a body becomes a running ten-digit number. Heads use no dynamic table. Keeps STREAMS requests in flight
 * on each of CONNECTIONS for SECONDS, then lets them finish. One thread. Prints one line: result {…}.
 * A tool of the benchmark: loopback only, trusts the peer's framing, ends the process on any trouble. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    STREAMS_MAX = 256,
    MARK_LEN = 10,
    HEAD_LEN = 9, /* of a frame */
    IN_BYTES = 1 << 18,
    FRAME_MAX = 16384,
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_RST_STREAM = 3,
    FRAME_SETTINGS = 4,
    FRAME_PING = 6,
    FRAME_GOAWAY = 7,
    FRAME_WINDOW_UPDATE = 8,
    FLAG_END_STREAM = 1,
    FLAG_ACK = 1,
    FLAG_END_HEADERS = 4,
    WINDOW_WANTED = 1 << 30
};

struct request {
    const uint8_t *head;
    uint8_t *body;
    uint32_t head_len, body_len;
    uint32_t *marks, mark_count;
};

struct connection {
    int fd;
    SSL *ssl;
    uint8_t *in, *out;
    size_t in_len, out_len, out_at, out_room;
    bool is_writing;
    uint32_t next_stream, in_flight;
    int64_t window;    /* what the peer lets us send on this connection */
    uint32_t received; /* since the last WINDOW_UPDATE of ours */
    struct {
        uint32_t stream;
        uint64_t began;
        bool failed;
    } streams[STREAMS_MAX];
};

static struct request *requests;
static size_t request_count, request_at;
static uint64_t number, done_count, failed_count, bytes_in;
static uint32_t *latencies; /* microseconds */
static size_t latency_count, latency_room;
static int64_t peer_stream_window = 65535;
static uint64_t stop_at;
static int epoll_fd;

static _Noreturn void die(const char *what) {
    fprintf(stderr, "h2_replay: %s (%s)\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint32_t read32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* --- requests --- */

static void marks_find(struct request *request) {
    for (int pass = 0; pass < 2; pass++) {
        uint32_t count = 0;
        for (uint32_t at = 0; at + MARK_LEN <= request->body_len; at++) {
            if (memcmp(request->body + at, "@@@@@@@@@@", MARK_LEN) != 0) continue;
            if (pass == 1) request->marks[count] = at;
            count++;
            at += MARK_LEN - 1;
        }
        request->mark_count = count;
        if (pass == 0) request->marks = calloc(count + 1, sizeof *request->marks);
    }
}

static void requests_load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) die(path);
    size_t size = (size_t)ftell(file), room = 0;
    rewind(file);
    uint8_t *all = malloc(size + 1);
    if (all == NULL || fread(all, 1, size, file) != size) die(path);
    fclose(file);
    for (size_t at = 0; at + 8 <= size;) {
        if (request_count == room) requests = realloc(requests, (room = room * 2 + 1024) * sizeof *requests);
        struct request *one = &requests[request_count++];
        memcpy(&one->head_len, all + at, 4);
        memcpy(&one->body_len, all + at + 4, 4);
        one->head = all + at + 8;
        one->body = all + at + 8 + one->head_len;
        at += 8 + one->head_len + one->body_len;
        marks_find(one);
    }
    if (request_count == 0) die("no requests");
}

static const struct request *request_next(void) {
    struct request *one = &requests[request_at++ % request_count];
    if (one->mark_count > 0) {
        char digits[MARK_LEN + 1];
        snprintf(digits, sizeof digits, "%010llu", (unsigned long long)(++number % 10000000000U));
        for (uint32_t i = 0; i < one->mark_count; i++)
            memcpy(one->body + one->marks[i], digits, MARK_LEN);
    }
    return one;
}

/* --- out --- */

static uint8_t *out_grow(struct connection *c, size_t len) {
    if (c->out_at > 0 && c->out_at == c->out_len) c->out_at = c->out_len = 0;
    if (c->out_len + len > c->out_room) {
        c->out_room = (c->out_len + len) * 2;
        c->out = realloc(c->out, c->out_room);
        if (c->out == NULL) die("memory");
    }
    uint8_t *at = c->out + c->out_len;
    c->out_len += len;
    return at;
}

static void frame_put(struct connection *c, uint8_t type, uint8_t flags, uint32_t stream, const void *payload,
                      uint32_t len) {
    uint8_t *at = out_grow(c, HEAD_LEN + len);
    const uint8_t head[HEAD_LEN] = {
        (uint8_t)(len >> 16),    (uint8_t)(len >> 8),     (uint8_t)len,           type,           flags,
        (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};
    memcpy(at, head, HEAD_LEN);
    if (len > 0) memcpy(at + HEAD_LEN, payload, len);
}

static void window_put(struct connection *c, uint32_t more) {
    const uint8_t bytes[4] = {(uint8_t)(more >> 24), (uint8_t)(more >> 16), (uint8_t)(more >> 8), (uint8_t)more};
    frame_put(c, FRAME_WINDOW_UPDATE, 0, 0, bytes, 4);
}

static void streams_fill(struct connection *c, uint32_t most) {
    uint64_t now = now_us();
    for (uint32_t i = 0; i < most && now < stop_at; i++) {
        if (c->streams[i].stream != 0) continue;
        if (c->window < (int64_t)requests[request_at % request_count].body_len) return;
        const struct request *one = request_next();
        if (one->body_len > peer_stream_window) die("a body must fit the stream's first window");
        c->streams[i].stream = c->next_stream;
        c->streams[i].began = now;
        c->streams[i].failed = false;
        c->in_flight++;
        frame_put(c, FRAME_HEADERS, (uint8_t)(FLAG_END_HEADERS | (one->body_len == 0 ? FLAG_END_STREAM : 0)),
                  c->next_stream, one->head, one->head_len);
        for (uint32_t at = 0; at < one->body_len;) {
            uint32_t part = one->body_len - at > FRAME_MAX ? FRAME_MAX : one->body_len - at;
            frame_put(c, FRAME_DATA, at + part == one->body_len ? FLAG_END_STREAM : 0, c->next_stream, one->body + at,
                      part);
            at += part;
        }
        c->window -= one->body_len;
        c->next_stream += 2;
    }
}

static void out_flush(struct connection *c) {
    while (c->out_at < c->out_len) {
        size_t left = c->out_len - c->out_at;
        ssize_t wrote = c->ssl != NULL ? SSL_write(c->ssl, c->out + c->out_at, left > FRAME_MAX ? FRAME_MAX : (int)left)
                                       : send(c->fd, c->out + c->out_at, left, MSG_NOSIGNAL);
        if (wrote <= 0) break; /* full: the level-triggered wait below comes back for it */
        c->out_at += (size_t)wrote;
    }
    bool is_left = c->out_at < c->out_len;
    if (is_left == c->is_writing) return;
    c->is_writing = is_left;
    struct epoll_event event = {.events = EPOLLIN | (is_left ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event) != 0) die("epoll");
}

/* --- in --- */

static void stream_end(struct connection *c, uint32_t stream, uint32_t most) {
    for (uint32_t i = 0; i < most; i++) {
        if (c->streams[i].stream != stream) continue;
        if (latency_count == latency_room)
            latencies = realloc(latencies, (latency_room = latency_room * 2 + 65536) * sizeof *latencies);
        latencies[latency_count++] = (uint32_t)(now_us() - c->streams[i].began);
        if (c->streams[i].failed)
            failed_count++;
        else
            done_count++;
        c->streams[i].stream = 0;
        c->in_flight--;
        return;
    }
}

/* Success is the first field: 0x88 is `:status 200` of the static table, perhaps behind a change of the table's size. */
static bool head_is_200(const uint8_t *at, uint32_t len) {
    uint32_t i = 0;
    while (i < len && (at[i] & 0xe0) == 0x20)
        i++;
    return i < len && at[i] == 0x88;
}

static void settings_read(const uint8_t *at, uint32_t len) {
    for (; len >= 6; at += 6, len -= 6)
        if (at[0] == 0 && at[1] == 4) peer_stream_window = read32(at + 2);
}

static void frame_read(struct connection *c, uint8_t type, uint8_t flags, uint32_t stream, const uint8_t *at,
                       uint32_t len, uint32_t most) {
    if (type == FRAME_SETTINGS && (flags & FLAG_ACK) == 0) {
        settings_read(at, len);
        frame_put(c, FRAME_SETTINGS, FLAG_ACK, 0, NULL, 0);
    } else if (type == FRAME_PING && (flags & FLAG_ACK) == 0) {
        frame_put(c, FRAME_PING, FLAG_ACK, 0, at, len);
    } else if (type == FRAME_WINDOW_UPDATE && stream == 0) {
        c->window += read32(at) & 0x7fffffff;
    } else if (type == FRAME_GOAWAY) {
        die("the peer says GOAWAY");
    } else if (type == FRAME_DATA) {
        c->received += len;
        if (c->received > WINDOW_WANTED / 2) {
            window_put(c, c->received);
            c->received = 0;
        }
    } else if (type == FRAME_RST_STREAM || (type == FRAME_HEADERS && !head_is_200(at, len))) {
        for (uint32_t i = 0; i < most; i++)
            if (c->streams[i].stream == stream) c->streams[i].failed = true;
    }
    if (type == FRAME_RST_STREAM || ((type == FRAME_DATA || type == FRAME_HEADERS) && (flags & FLAG_END_STREAM) != 0))
        stream_end(c, stream, most);
}

static void in_read(struct connection *c, uint32_t most) {
    for (;;) {
        ssize_t got = c->ssl != NULL ? SSL_read(c->ssl, c->in + c->in_len, (int)(IN_BYTES - c->in_len))
                                     : recv(c->fd, c->in + c->in_len, IN_BYTES - c->in_len, 0);
        if (got == 0 || (got < 0 && c->ssl == NULL && errno != EAGAIN)) die("the peer has closed");
        if (got < 0 && c->ssl != NULL && SSL_get_error(c->ssl, (int)got) != SSL_ERROR_WANT_READ) die("TLS");
        if (got < 0) return;
        bytes_in += (uint64_t)got;
        c->in_len += (size_t)got;
        size_t at = 0;
        while (c->in_len - at >= HEAD_LEN) {
            const uint8_t *head = c->in + at;
            uint32_t len = (uint32_t)head[0] << 16 | (uint32_t)head[1] << 8 | head[2];
            if (c->in_len - at < HEAD_LEN + len) break;
            frame_read(c, head[3], head[4], read32(head + 5) & 0x7fffffff, head + HEAD_LEN, len, most);
            at += HEAD_LEN + len;
        }
        memmove(c->in, c->in + at, c->in_len - at);
        c->in_len -= at;
    }
}

static void tls_start(struct connection *c, SSL_CTX *context) {
    c->ssl = SSL_new(context);
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 || SSL_connect(c->ssl) != 1) die("TLS handshake");
    const unsigned char *chosen;
    unsigned len;
    SSL_get0_alpn_selected(c->ssl, &chosen, &len);
    if (len != 2 || memcmp(chosen, "h2", 2) != 0) die("no h2 by ALPN");
}

static void connection_open(struct connection *c, const struct sockaddr_in *address, SSL_CTX *context) {
    *c = (struct connection){
        .fd = socket(AF_INET, SOCK_STREAM, 0), .next_stream = 1, .window = 65535, .in = malloc(IN_BYTES)};
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)address, sizeof *address) != 0) die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (context != NULL) tls_start(c, context);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    memcpy(out_grow(c, 24), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    /* no push, no dynamic table for heads towards us, a window that never closes */
    static const uint8_t settings[] = {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0x40, 0, 0, 0};
    frame_put(c, FRAME_SETTINGS, 0, 0, settings, sizeof settings);
    window_put(c, WINDOW_WANTED);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event) != 0) die("epoll");
}

static int compare(const void *a, const void *b) {
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

static double percentile(double share) {
    return latency_count == 0 ? 0 : latencies[(size_t)((double)(latency_count - 1) * share)] / 1000.0;
}

static void run(struct connection *connections, uint32_t count, uint32_t most) {
    for (uint32_t i = 0; i < count; i++) {
        streams_fill(&connections[i], most);
        out_flush(&connections[i]);
    }
    for (uint32_t in_flight = 1; in_flight > 0 && now_us() < stop_at + 10000000;) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll_fd, events, 64, 100);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            in_read(c, most);
            streams_fill(c, most);
            out_flush(c);
        }
        in_flight = now_us() < stop_at;
        for (uint32_t i = 0; i < count; i++)
            in_flight += connections[i].in_flight;
    }
}

int main(int argc, char **argv) {
    if (argc != 9) die("wants ADDRESS PORT clear|tls CONNECTIONS STREAMS SECONDS FIRST_NUMBER FILE");
    uint32_t count = (uint32_t)atoi(argv[4]), most = (uint32_t)atoi(argv[5]);
    if (count < 1 || count > 256 || most < 1 || most > STREAMS_MAX) die("1 to 256 connections and streams");
    number = strtoull(argv[7], NULL, 10);
    requests_load(argv[8]);
    request_at = number % request_count;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) die("address");
    SSL_CTX *context = NULL;
    if (strcmp(argv[3], "tls") == 0) {
        context = SSL_CTX_new(TLS_client_method()); /* the certificate is the benchmark's own: not checked */
        SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\2h2", 3);
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct connection *connections = calloc(count, sizeof *connections);
    for (uint32_t i = 0; i < count; i++)
        connection_open(&connections[i], &address, context);
    uint64_t began = now_us();
    stop_at = began + (uint64_t)(atof(argv[6]) * 1e6);
    run(connections, count, most);
    uint64_t took = now_us() - began, lost = 0;
    for (uint32_t i = 0; i < count; i++)
        lost += connections[i].in_flight;
    qsort(latencies, latency_count, sizeof *latencies, compare);
    printf("result "
           "{\"requests\":%llu,\"microseconds\":%llu,\"bytes\":%llu,\"failed\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
           (unsigned long long)done_count, (unsigned long long)took, (unsigned long long)bytes_in,
           (unsigned long long)(failed_count + lost), percentile(0.5), percentile(0.99));
    return 0;
}
