/* A beat is one small question of a tenant and endpoint, every 300 ms while anybody listens.
 *
 * What is told must not be lost by a crash, since its reader will never ask for it again. So a beat that has found something is
 * asked again as a writing unit: its COMMIT flushes all that it saw, and its head is what the streams read up to.
 *
 * Invariant: a channel takes a beat's answer only for streams that began before the beat was sent, so no position goes back. */
#include "stream_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEAT_TICKS = 3 /* of 100 ms */ };

struct hansa_channel *hansa_channel_of(struct hansa_loop *loop, const struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    for (struct hansa_channel *channel = loop->channels; channel != NULL; channel = channel->next)
        if (channel->endpoint == endpoint && memcmp(channel->tenant, call->tenant, sizeof channel->tenant) == 0)
            return channel;
    char beat[128];
    snprintf(beat, sizeof beat, "%s/%s_beat", endpoint->room, endpoint->name);
    struct hansa_channel *channel = h2o_mem_alloc(sizeof *channel);
    *channel = (struct hansa_channel){.next = loop->channels, .endpoint = endpoint, .beat = hansa_endpoint_find(beat)};
    assert(channel->beat != NULL && channel->beat->statement_count == 1);
    memcpy(channel->tenant, call->tenant, sizeof channel->tenant);
    loop->channels = channel;
    return channel;
}

void hansa_channels_sweep(struct hansa_loop *loop) {
    for (struct hansa_channel **at = &loop->channels; *at != NULL;) {
        struct hansa_channel *channel = *at;
        if (channel->count > 0) {
            at = &channel->next;
            continue;
        }
        if (channel->unit != NULL) hansa_unit_forget(channel->unit);
        *at = channel->next;
        free(channel);
    }
}

size_t hansa_streams_count(const struct hansa_loop *loop) {
    size_t count = 0;
    for (const struct hansa_channel *channel = loop->channels; channel != NULL; channel = channel->next)
        count += channel->count;
    return count;
}

struct hansa_unit *hansa_channel_beat_unit(const struct hansa_channel *channel, const char *since, bool is_certain) {
    const struct hansa_statement *statement = &channel->beat->statements[0];
    struct hansa_unit *unit = hansa_unit_new(statement, HANSA_LANE_FAST, !is_certain);
    for (size_t i = 0; i < statement->bind_count; i++)
        unit->values[i] = statement->binds[i] == HANSA_BIND_TENANT ? channel->tenant : since[0] == '\0' ? NULL : since;
    memcpy(unit->tenant, channel->tenant, sizeof unit->tenant);
    return unit;
}

bool hansa_channel_flag(const PGresult *result, const char *name) {
    int column = PQfnumber(result, name);
    return column >= 0 && !PQgetisnull(result, 0, column) && PQgetvalue(result, 0, column)[0] == 't';
}

bool hansa_channel_head(const PGresult *result, char head[HANSA_POSITION_MAX]) {
    int column = PQntuples(result) == 1 ? PQfnumber(result, "head") : -1;
    if (column < 0 || PQgetisnull(result, 0, column)) return false;
    return snprintf(head, HANSA_POSITION_MAX, "%s", PQgetvalue(result, 0, column)) < HANSA_POSITION_MAX;
}

static void beat_send(struct hansa_loop *loop, struct hansa_channel *channel, bool is_certain);

/* Everything before `head` can be told now; streams that began after the beat was sent know better. */
static void head_move(struct hansa_channel *channel, const char *head, bool has_news) {
    memcpy(channel->head, head, sizeof channel->head);
    channel->head_beat = channel->beats;
    for (struct hansa_stream *stream = channel->streams, *next; stream != NULL; stream = next) {
        next = stream->next;
        if (!stream->is_started || stream->joined >= channel->beats) continue;
        if (has_news) {
            hansa_stream_news(stream);
        } else if (!stream->is_behind && stream->read == NULL) {
            memcpy(stream->since, head, sizeof stream->since);
        }
    }
}

static void beat_answer(struct hansa_unit *unit, bool is_certain) {
    struct hansa_channel *channel = unit->owner;
    char head[HANSA_POSITION_MAX] = "";
    channel->unit = NULL;
    if (channel->streams == NULL || unit->outcome != HANSA_UNIT_DONE || !hansa_channel_head(unit->result, head)) return;
    bool has_news = hansa_channel_flag(unit->result, "has_news");
    if (has_news && !is_certain)
        beat_send(channel->streams->call->loop, channel, true);
    else
        head_move(channel, head, has_news);
}

static void beat_done(struct hansa_unit *unit) {
    beat_answer(unit, false);
}

static void beat_certain(struct hansa_unit *unit) {
    beat_answer(unit, true);
}

static void beat_send(struct hansa_loop *loop, struct hansa_channel *channel, bool is_certain) {
    memcpy(channel->asked, channel->head, sizeof channel->asked);
    struct hansa_unit *unit = hansa_channel_beat_unit(channel, channel->asked, is_certain);
    unit->owner = channel;
    unit->done = is_certain ? beat_certain : beat_done;
    unit->deadline_at = h2o_now(loop->loop) + HANSA_STREAM_UNIT_MS;
    channel->unit = unit;
    channel->beats++;
    hansa_db_submit(loop->db, unit);
}

void hansa_channel_tick(struct hansa_channel *channel, struct hansa_loop *loop) {
    bool is_due = loop->ticks % BEAT_TICKS == 0 && channel->unit == NULL && channel->count > 0;
    if (is_due && !loop->is_draining) beat_send(loop, channel, false);
}
