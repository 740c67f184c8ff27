/* What the house remembers of a client connection: who it is from, how much it asked and gave up, whether it moves.
 *
 * Made when a connection is accepted, freed when libh2o closes the socket. Only the loop's thread.
 *
 * To close a connection frees the client and, over HTTP/2, all its calls. So nobody can: whoever wants it closed dooms it, and
 * the loop closes what is doomed at the end of its turn, when no call is on the stack. A pointer to a client or a call that is
 * good at the beginning of a function is good at its end (docs/decisions/0038).
 */
#ifndef HANSA_CONNECTION_H
#define HANSA_CONNECTION_H

#include <h2o.h>
#include <stdbool.h>
#include <stdint.h>

struct hansa_loop;

/* Why we close a connection: name in the code and in the metrics. */
#define HANSA_DOOMS(X)                                                                                                 \
    X(CANCELS, "cancels")   /* M1: more given up than finished */                                                      \
    X(LATE, "late")         /* M4: a request that does not arrive whole */                                             \
    X(STALLED, "stalled")   /* M4: does not take what is written */                                                    \
    X(IDLE, "idle")         /* M4: asks for nothing, perhaps kept by pings */                                          \
    X(LEFT, "left")         /* M5: an HTTP/1 client that had gone before its call began */                             \
    X(DRAINING, "draining") /* we end */

enum hansa_doom {
#define HANSA_DOOM_NAME(name, text) HANSA_DOOM_##name,
    HANSA_DOOMS(HANSA_DOOM_NAME)
#undef HANSA_DOOM_NAME
        HANSA_DOOM_COUNT
};

struct hansa_client {
    struct hansa_client *previous, *next;
    h2o_linklist_t doomed; /* in the list's `doomed` until the end of the turn */
    struct hansa_loop *loop;
    h2o_socket_t *socket;
    bool is_edge, is_doomed, takes_large;
    bool is_arriving; /* at the last look of a drain: a request that has begun and is not whole */
    size_t alive;     /* calls */
    uint64_t finished, cancelled;
    uint64_t opened_at, last_call_at, moved_at;
    size_t taken; /* bytes that the other side had taken at the last look */
};

struct hansa_connection_list {
    struct hansa_client *first;
    size_t count;
    h2o_linklist_t doomed;
};

void hansa_clients_init(struct hansa_connection_list *list);

/* Takes the socket's on_close. */
struct hansa_client *hansa_client_new(struct hansa_loop *loop, h2o_socket_t *socket, bool is_edge, bool takes_large);
struct hansa_client *hansa_client_of(h2o_req_t *req);
/* Marks it to be closed at the end of this turn; until then it and its calls stay. Again and again is harmless. */
void hansa_client_doom(struct hansa_client *client, enum hansa_doom why);
/* At the end of a turn of the loop, when no call is on the stack: closes what is doomed. */
void hansa_clients_reap(struct hansa_loop *loop);
/* M1: more given up than finished dooms. */
void hansa_client_gave_up(struct hansa_client *client);
/* M5: an HTTP/1 client that left while libh2o does not read. */
bool hansa_client_has_left(const struct hansa_client *client);
/* M4, once a second: stalled readers, requests that never arrive whole, idle connections kept by pings. */
void hansa_clients_watch(struct hansa_loop *loop);
/* While draining: dooms what has nothing to do; a request that is still arriving (an upload) has. */
void hansa_clients_doom_idle(struct hansa_loop *loop);
/* At the end of the process. */
void hansa_clients_doom_all(struct hansa_loop *loop);

#endif
