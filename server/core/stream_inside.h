/* What streams (stream.c) and their channels (stream_channel.c) share. One loop's thread only.
 *
 * A channel is what the streams of one tenant and endpoint have in common: the beat. It lives from the first stream until a tick
 * after the last one. */
#ifndef HANSA_STREAM_INSIDE_H
#define HANSA_STREAM_INSIDE_H

#include "call_state.h"
#include "stream.h"

enum {
    HANSA_POSITION_MAX = 128,   /* bytes with the end */
    HANSA_STREAM_UNIT_MS = 5000 /* what a beat and a page may take */
};

struct hansa_channel {
    struct hansa_channel *next;
    const struct hansa_endpoint *endpoint, *beat;
    char tenant[37], head[HANSA_POSITION_MAX], asked[HANSA_POSITION_MAX]; /* asked: what the beat under way binds */
    struct hansa_unit *unit;                                              /* the beat under way, or NULL */
    uint64_t beats, head_beat;                                            /* sent so far; which of them told the head */
    struct hansa_stream *streams;
    size_t count;
};

struct hansa_stream {
    h2o_generator_t generator;
    struct hansa_stream *previous, *next;
    struct hansa_call *call;
    struct hansa_channel *channel;
    char since[HANSA_POSITION_MAX], until[HANSA_POSITION_MAX]; /* since: up to where everything was told */
    char check_hex[67];
    struct hansa_unit *read, *check; /* under way, or NULL */
    char *page;                      /* what libh2o is sending; malloc'd */
    uint64_t joined;                 /* beats of the channel when it began */
    uint64_t confirmed_at, said_at;
    bool is_started, is_reset, is_behind, is_sending, is_ending, is_over;
};

/* The channel for a call's stream, made when there is none. */
struct hansa_channel *hansa_channel_of(struct hansa_loop *loop, const struct hansa_call *call);
/* Lets go of channels without streams. */
void hansa_channels_sweep(struct hansa_loop *loop);
/* Sends a beat when one is due. */
void hansa_channel_tick(struct hansa_channel *channel, struct hansa_loop *loop);

/* The question of a beat. `since` must live as long as the unit. is_certain: as a writing unit, whose COMMIT flushes what it has
 * seen (db_batch.c). */
struct hansa_unit *hansa_channel_beat_unit(const struct hansa_channel *channel, const char *since, bool is_certain);
/* Of the answer: a column that is true, and the head; false = there is none. */
bool hansa_channel_flag(const PGresult *result, const char *name);
bool hansa_channel_head(const PGresult *result, char head[HANSA_POSITION_MAX]);

/* The channel has found something before its head: read on, as soon as the stream may. */
void hansa_stream_news(struct hansa_stream *stream);

#endif
