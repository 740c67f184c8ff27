/* Defences M1, M4 and M5 against libh2o 2.2.5's openness; each is in promises.md 2.4 with what was measured. */
#include "connection.h"

#include "loop.h"

#include <assert.h>
#include <hansa/config.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
    CANCEL_BUDGET = 100,
    ARRIVAL_MAX_MS = 15000,       /* head and body of a request */
    ARRIVAL_LARGE_MAX_MS = 60000, /* 10 MiB over a telephone */
    IDLE_MAX_MS = 60000
};

static void on_socket_close(void *data) {
    struct hansa_client *client = data;
    struct hansa_connection_list *list = &client->loop->connections;
    if (client->previous != NULL)
        client->previous->next = client->next;
    else
        list->first = client->next;
    if (client->next != NULL) client->next->previous = client->previous;
    list->count--;
    if (h2o_linklist_is_linked(&client->doomed)) h2o_linklist_unlink(&client->doomed);
    free(client);
}

void hansa_clients_init(struct hansa_connection_list *list) {
    *list = (struct hansa_connection_list){.first = NULL};
    h2o_linklist_init_anchor(&list->doomed);
}

struct hansa_client *hansa_client_new(struct hansa_loop *loop, h2o_socket_t *socket, bool is_edge, bool takes_large) {
    struct hansa_client *client = h2o_mem_alloc(sizeof *client);
    uint64_t now = h2o_now(loop->loop);
    *client = (struct hansa_client){.loop = loop,
                                    .socket = socket,
                                    .is_edge = is_edge,
                                    .takes_large = takes_large,
                                    .opened_at = now,
                                    .last_call_at = now,
                                    .moved_at = now};
    client->next = loop->connections.first;
    if (client->next != NULL) client->next->previous = client;
    loop->connections.first = client;
    loop->connections.count++;
    socket->on_close.cb = on_socket_close;
    socket->on_close.data = client;
    return client;
}

struct hansa_client *hansa_client_of(h2o_req_t *req) {
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

void hansa_client_doom(struct hansa_client *client, enum hansa_doom why) {
    if (!client->is_doomed) hansa_metrics_client_closed(client->loop->metrics, why);
    client->is_doomed = true;
    if (!h2o_linklist_is_linked(&client->doomed))
        h2o_linklist_insert(&client->loop->connections.doomed, &client->doomed);
}

/* libh2o's own read-error path frees the client and its HTTP/2 calls, now or when its write under way has failed. It does not
 * read from an HTTP/1 client whose call is at work: that one goes when it is answered. */
static void client_close(struct hansa_client *client) {
    h2o_socket_t *socket = client->socket;
    int fd = h2o_socket_get_fd(socket);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1, .l_linger = 0}, sizeof(struct linger));
    shutdown(fd, SHUT_RDWR);
    if (socket->_cb.read != NULL) socket->_cb.read(socket, "closed by us");
}

void hansa_clients_reap(struct hansa_loop *loop) {
    h2o_linklist_t *doomed = &loop->connections.doomed;
    while (!h2o_linklist_is_empty(doomed)) {
        struct hansa_client *client = H2O_STRUCT_FROM_MEMBER(struct hansa_client, doomed, doomed->next);
        h2o_linklist_unlink(&client->doomed);
        assert(doomed->next != &client->doomed);
        client_close(client);
    }
}

void hansa_client_gave_up(struct hansa_client *client) {
    client->cancelled++;
    if (client->cancelled > client->finished + CANCEL_BUDGET) hansa_client_doom(client, HANSA_DOOM_CANCELS);
}

bool hansa_client_has_left(const struct hansa_client *client) {
    char byte;
    return recv(h2o_socket_get_fd(client->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Has the other side taken nothing of what was written to it for too long? What waits in the kernel counts as well: it holds
 * megabytes for a stream's reader who takes nothing, while we see all written. */
static bool is_stalled(struct hansa_client *client, uint64_t now) {
    int unsent = 0; /* SIOCOUTQ counts for TCP and UNIX sockets alike */
    if (ioctl(h2o_socket_get_fd(client->socket), SIOCOUTQ, &unsent) != 0) return false;
    size_t taken = client->socket->bytes_written - (size_t)unsent;
    bool is_idle = unsent == 0 && !h2o_socket_is_writing(client->socket);
    if (is_idle || taken != client->taken) client->moved_at = now;
    client->taken = taken;
    return now - client->moved_at > (uint64_t)hansa_config()->read_stall_ms;
}

/* A request that is still arriving has no call yet: libh2o gives it a path configuration when it is whole. */
static bool is_arriving(const h2o_req_t *req) {
    return req->pathconf == NULL && req->timestamps.request_begin_at.tv_sec != 0;
}

static int doom_late_arrival(h2o_req_t *req, void *data) {
    const struct timeval *now = data, *began = &req->timestamps.request_begin_at;
    if (!is_arriving(req)) return 0;
    int64_t age = (now->tv_sec - began->tv_sec) * 1000 + (now->tv_usec - began->tv_usec) / 1000;
    struct hansa_client *client = hansa_client_of(req);
    if (age > (client->takes_large ? ARRIVAL_LARGE_MAX_MS : ARRIVAL_MAX_MS)) hansa_client_doom(client, HANSA_DOOM_LATE);
    return 0;
}

static int note_arrival(h2o_req_t *req, void *unused) {
    (void)unused;
    if (is_arriving(req)) hansa_client_of(req)->is_arriving = true;
    return 0;
}

static void each_request(struct hansa_loop *loop, int (*look)(h2o_req_t *req, void *data), void *data) {
    for (size_t i = 0; i < HANSA_LEG_COUNT; i++) {
        struct hansa_way *way = &loop->ways[i];
        if (!way->is_open) continue;
        if (way->conf.http1.callbacks.foreach_request != NULL)
            way->conf.http1.callbacks.foreach_request(&way->context, look, data);
        if (way->conf.http2.callbacks.foreach_request != NULL)
            way->conf.http2.callbacks.foreach_request(&way->context, look, data);
    }
}

void hansa_clients_watch(struct hansa_loop *loop) {
    uint64_t now = h2o_now(loop->loop);
    struct timeval wall;
    gettimeofday(&wall, NULL);
    each_request(loop, doom_late_arrival, &wall);
    for (struct hansa_client *client = loop->connections.first; client != NULL; client = client->next) {
        bool is_idle = client->alive == 0 && now - client->last_call_at > IDLE_MAX_MS;
        /* also who is doomed already and still here */
        if (client->is_doomed || is_idle || is_stalled(client, now))
            hansa_client_doom(client, is_idle ? HANSA_DOOM_IDLE : HANSA_DOOM_STALLED);
    }
}

void hansa_clients_doom_idle(struct hansa_loop *loop) {
    for (struct hansa_client *client = loop->connections.first; client != NULL; client = client->next)
        client->is_arriving = false;
    each_request(loop, note_arrival, NULL);
    for (struct hansa_client *client = loop->connections.first; client != NULL; client = client->next)
        if (client->alive == 0 && !client->is_arriving && !h2o_socket_is_writing(client->socket))
            hansa_client_doom(client, HANSA_DOOM_DRAINING);
}

void hansa_clients_doom_all(struct hansa_loop *loop) {
    for (struct hansa_client *client = loop->connections.first; client != NULL; client = client->next)
        hansa_client_doom(client, HANSA_DOOM_DRAINING);
}
