/* What the house remembers of a client connection: who it is from, how much it asked and gave up, whether it moves.
 *
 * Made when a connection is accepted, freed when libh2o closes the socket. Only the loop's thread.
 */
#ifndef HANSA_CONNECTION_H
#define HANSA_CONNECTION_H

#include <h2o.h>
#include <stdbool.h>
#include <stdint.h>

struct hansa_loop;

struct hansa_client {
    struct hansa_client *previous, *next;
    struct hansa_loop *loop;
    h2o_socket_t *socket;
    bool is_edge, is_doomed, takes_large;
    size_t alive; /* calls */
    uint64_t finished, cancelled;
    uint64_t opened_at, last_call_at, moved_at;
    size_t taken; /* bytes that the other side had taken at the last look */
};

struct hansa_connection_list {
    struct hansa_client *first;
    size_t count;
};

/* Takes the socket's on_close. */
struct hansa_client *hansa_client_new(struct hansa_loop *loop, h2o_socket_t *socket, bool is_edge, bool takes_large);
struct hansa_client *hansa_client_of(h2o_req_t *req);
/* Never from inside on_req: frees the client through libh2o's own read-error path (promises.md 2.4). */
void hansa_client_close(struct hansa_client *client);
/* M1: more given up than finished. The connection is closed at the next turn. */
void hansa_client_gave_up(struct hansa_client *client);
/* M5: an HTTP/1 client that left while libh2o does not read. */
bool hansa_client_has_left(const struct hansa_client *client);
/* M4, once a second: stalled readers, requests that never arrive whole, idle connections kept by pings. */
void hansa_clients_watch(struct hansa_loop *loop);
/* While draining: closes what has nothing to do. */
void hansa_clients_close_idle(struct hansa_loop *loop);

#endif
