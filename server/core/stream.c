/* A stream reads for itself, one page at a time, and the next one only when libh2o has taken the last: a reader who is slow holds
 * one page and nothing else. What there is to read it learns from its channel (stream_channel.c).
 *
 * Nothing is sent to whom the door has not confirmed within a second (promise Z4). After the last h2o_send nothing is touched. */
#include "stream_inside.h"

#include "call_state.h"
#include "cut.h"
#include "network.h"
#include "uuid.h"

#include <assert.h>
#include <hansa/config.h>
#include <hansa/error.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WATCH_TICKS = 10,      /* of 100 ms */
    KEEP_ALIVE_MS = 10000, /* within the edge's 15 s of silence */
    CONFIRMED_MS = 1000
};

/* --- sending --- */

static void stream_send(struct hansa_stream *stream, char *page, size_t len) {
    struct hansa_call *call = stream->call;
    h2o_iovec_t part = h2o_iovec_init(page, len);
    assert(!stream->is_sending && !stream->is_over && stream->page == NULL);
    stream->page = page;
    stream->is_sending = true;
    stream->said_at = h2o_now(call->loop->loop);
    call->bytes_out += len;
    h2o_send(call->req, &part, 1, H2O_SEND_STATE_IN_PROGRESS);
}

/* Ends it for good: the client comes back, to another server perhaps, and is let in or not. */
static void stream_end(struct hansa_stream *stream) {
    static char last[] = "retry: 1000\n\n";
    stream->is_ending = true;
    if (stream->is_sending || stream->is_over || !stream->is_started) return;
    h2o_iovec_t part = h2o_iovec_init(last, sizeof last - 1);
    stream->is_over = true;
    stream->call->bytes_out += part.len;
    h2o_send(stream->call->req, &part, 1, H2O_SEND_STATE_FINAL);
}

static size_t id_write(const struct hansa_stream *stream, const char *position, char *at) {
    char text[CURSOR_BYTES_MAX];
    size_t len = hansa_cursor_write(stream->call, position, text);
    return len == 0 ? 0 : (size_t)sprintf(at, "id: %s\n", text);
}

/* One line of text; JSON has line breaks only where a blank may stand. */
static size_t line_write(const char *name, const char *text, size_t len, char *at) {
    size_t begin = (size_t)sprintf(at, "%s: ", name);
    memcpy(at + begin, text, len);
    for (size_t i = begin; i < begin + len; i++)
        if (at[i] == '\n' || at[i] == '\r') at[i] = ' ';
    at[begin + len] = '\n';
    return begin + len + 1;
}

/* A row's data, cut for the one who listens, as a line. */
static size_t data_write(const struct hansa_stream *stream, struct hansa_bytes data, char *at) {
    const struct hansa_call *call = stream->call;
    if (call->audience == HANSA_AUDIENCE_STAFF) return line_write("data", data.at, data.len, at);
    char *shown = h2o_mem_alloc(data.len + 1);
    const struct hansa_cut cut = {.audience = call->audience};
    size_t len = line_write("data", shown, hansa_cut(call->endpoint->reply, &cut, data, shown), at);
    free(shown);
    return len;
}

/* The rows as events, behind `opening`; `since` goes on to where the page ends. malloc'd. */
static char *page_make(struct hansa_stream *stream, const PGresult *result, const char *opening, size_t *ret_len) {
    int id = PQfnumber(result, "id"), event = PQfnumber(result, "event"), data = PQfnumber(result, "data");
    int count = id < 0 || event < 0 || data < 0 ? 0 : PQntuples(result);
    size_t size = strlen(opening) + 1;
    bool is_cut = false;
    for (int i = 0; i < count; i++)
        size += CURSOR_BYTES_MAX + 64 + (size_t)PQgetlength(result, i, event) + (size_t)PQgetlength(result, i, data);
    char *page = h2o_mem_alloc(size);
    size_t at = (size_t)sprintf(page, "%s", opening);
    for (int i = 0; i < count; i++) {
        at += id_write(stream, PQgetvalue(result, i, id), page + at);
        if (PQgetisnull(result, i, data)) {
            is_cut = stream->is_behind = true;
            snprintf(stream->since, HANSA_POSITION_MAX, "%s", PQgetvalue(result, i, id));
            page[at++] = '\n';
            break;
        }
        at += line_write("event", PQgetvalue(result, i, event), (size_t)PQgetlength(result, i, event), page + at);
        struct hansa_bytes told = {PQgetvalue(result, i, data), (size_t)PQgetlength(result, i, data)};
        at += data_write(stream, told, page + at);
        page[at++] = '\n';
    }
    if (!is_cut) memcpy(stream->since, stream->until, sizeof stream->since);
    *ret_len = at;
    return page;
}

/* A block without data is no event to the client, yet it takes the id over: its position stays young though nothing happens. */
static void keep_alive(struct hansa_stream *stream, uint64_t now) {
    if (now - stream->said_at < KEEP_ALIVE_MS || stream->is_sending || stream->is_over || stream->read != NULL) return;
    char *page = h2o_mem_alloc(CURSOR_BYTES_MAX + 32);
    size_t at = stream->is_behind ? 0 : id_write(stream, stream->since, page);
    at += (size_t)sprintf(page + at, ": still here\n\n");
    stream_send(stream, page, at);
}

/* --- reading --- */

static void pump(struct hansa_stream *stream);

static void read_done(struct hansa_unit *unit) {
    struct hansa_stream *stream = unit->owner;
    stream->read = NULL;
    if (unit->outcome == HANSA_UNIT_REFUSED) {
        stream_end(stream);
        return;
    }
    if (unit->outcome != HANSA_UNIT_DONE) {
        stream->is_behind = true; /* again at the next tick */
        return;
    }
    size_t len;
    char *page = page_make(stream, unit->result, "", &len);
    if (len > 0)
        stream_send(stream, page, len);
    else
        free(page);
}

static void pump(struct hansa_stream *stream) {
    struct hansa_call *call = stream->call;
    uint64_t now = h2o_now(call->loop->loop);
    bool is_idle = stream->is_started && stream->read == NULL && !stream->is_sending && !stream->is_over;
    if (!is_idle || !stream->is_behind || now - stream->confirmed_at > CONFIRMED_MS) return;
    if (stream->channel->head_beat > stream->joined) memcpy(stream->until, stream->channel->head, sizeof stream->until);
    stream->is_behind = false;
    struct hansa_unit *unit = hansa_call_unit_make(call);
    unit->owner = stream;
    unit->done = read_done;
    unit->deadline_at = now + HANSA_STREAM_UNIT_MS;
    stream->read = unit;
    hansa_db_submit(call->loop->db, unit);
}

void hansa_stream_news(struct hansa_stream *stream) {
    stream->is_behind = true;
    pump(stream);
}

static void on_proceed(h2o_generator_t *generator, h2o_req_t *req) {
    struct hansa_stream *stream = H2O_STRUCT_FROM_MEMBER(struct hansa_stream, generator, generator);
    (void)req;
    free(stream->page);
    stream->page = NULL;
    stream->is_sending = false;
    if (stream->is_ending)
        stream_end(stream);
    else
        pump(stream);
}

static void on_stop(h2o_generator_t *generator, h2o_req_t *req) {
    struct hansa_stream *stream = H2O_STRUCT_FROM_MEMBER(struct hansa_stream, generator, generator);
    (void)req;
    stream->is_over = true; /* the call's dispose follows */
}

/* --- the door, again and again --- */

static void judge(struct hansa_stream *stream, const struct hansa_principal *principal) {
    const struct hansa_call *call = stream->call;
    const char *reach = principal->reach;
    bool is_same_reach = (reach == NULL) == (call->reach == NULL) && (reach == NULL || strcmp(reach, call->reach) == 0);
    if (principal->is_live && is_same_reach && principal->audience == call->audience &&
        strcmp(principal->actor, call->actor) == 0 && hansa_network_allows(principal->addresses, call->source) &&
        hansa_principal_may(principal, call->endpoint->scope))
        stream->confirmed_at = h2o_now(call->loop->loop);
    else
        stream_end(stream);
}

static void check_done(struct hansa_unit *unit) {
    struct hansa_stream *stream = unit->owner;
    struct hansa_call *call = stream->call;
    stream->check = NULL;
    const struct hansa_principal *principal =
        hansa_principal_learn(call->loop->principals, &call->credential, unit, false);
    if (principal != NULL) judge(stream, principal);
}

static void confirm(struct hansa_stream *stream) {
    struct hansa_call *call = stream->call;
    const struct hansa_principal *principal = hansa_principal_look(call->loop->principals, &call->credential);
    if (principal != NULL) {
        judge(stream, principal);
    } else if (stream->check == NULL) {
        stream->check = hansa_principal_unit(call->loop->principals, &call->credential, stream->check_hex);
        stream->check->owner = stream;
        stream->check->done = check_done;
        hansa_db_submit(call->loop->db, stream->check);
    }
}

/* libh2o does not read from an HTTP/1 client while it is being answered, so nobody else sees that it has left. */
static bool has_left(const struct hansa_call *call) {
    return call->req->version < 0x200 && call->client != NULL && hansa_client_has_left(call->client);
}

static void stream_tick(struct hansa_stream *stream, struct hansa_loop *loop) {
    if (!stream->is_started || stream->is_over) return;
    bool is_watched = loop->ticks % WATCH_TICKS == 0 && has_left(stream->call);
    if (is_watched) stream->call->req->http1_is_persistent = 0;
    if (is_watched || loop->is_draining || stream->is_ending) {
        stream_end(stream);
        return;
    }
    confirm(stream);
    pump(stream);
    keep_alive(stream, h2o_now(loop->loop));
}

void hansa_streams_tick(struct hansa_loop *loop) {
    for (struct hansa_channel *channel = loop->channels; channel != NULL; channel = channel->next) {
        hansa_channel_tick(channel, loop);
        for (struct hansa_stream *stream = channel->streams, *next; stream != NULL; stream = next) {
            next = stream->next;
            stream_tick(stream, loop);
        }
    }
    hansa_channels_sweep(loop);
}

/* --- beginning --- */

static void first_read(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    struct hansa_stream *stream = call->stream;
    hansa_call_unit_done(unit);
    if (unit->outcome != HANSA_UNIT_DONE) {
        hansa_call_unit_failed(call, unit);
        return;
    }
    char opening[CURSOR_BYTES_MAX + 96];
    size_t at = (size_t)sprintf(opening, "retry: 2000\n");
    at += id_write(stream, stream->since, opening + at);
    sprintf(opening + at, "%s\n", stream->is_reset ? "event: reset\ndata: {}\n" : "");
    size_t len;
    char *page = page_make(stream, unit->result, opening, &len);
    stream->confirmed_at = call->started_at;
    hansa_call_answer_header(call, "x-accel-buffering", "no");
    if (!hansa_reply_begin(call, "text/event-stream; charset=utf-8", &stream->generator)) {
        stream->is_over = true;
        free(page);
        return;
    }
    stream->is_started = true;
    stream_send(stream, page, len);
    struct hansa_ticket *ticket = call->waiter.ticket; /* open streams do not count as calls at work (promise F3) */
    call->waiter.ticket = NULL;
    if (ticket != NULL) hansa_ticket_unref(ticket);
}

static void begun(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    struct hansa_stream *stream = call->stream;
    hansa_call_unit_done(unit);
    if (unit->outcome != HANSA_UNIT_DONE) {
        hansa_call_unit_failed(call, unit);
        return;
    }
    if (!hansa_channel_head(unit->result, stream->until)) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
        return;
    }
    stream->is_reset |= stream->since[0] != '\0' && hansa_channel_flag(unit->result, "is_lost");
    if (stream->since[0] == '\0' || stream->is_reset) memcpy(stream->since, stream->until, sizeof stream->since);
    stream->joined = stream->channel->beats; /* a beat under way is older than this answer */
    hansa_call_submit(call, hansa_call_unit_make(call), first_read);
}

/* An id is good for the tenant and the endpoint, whatever the filters are. */
static void key_make(struct hansa_call *call) {
    char text[192];
    int len = snprintf(text, sizeof text, "stream %s %s/%s", call->tenant, call->endpoint->room, call->endpoint->name);
    unsigned digest_len;
    EVP_Digest(text, (size_t)len, call->list_key, &digest_len, EVP_sha256(), NULL);
}

/* Where the client wants to go on. An id that we did not make, or cannot read any more, is a stream that is lost to it. */
static void since_read(struct hansa_call *call, struct hansa_stream *stream) {
    struct hansa_bytes last = hansa_call_header(call, "last-event-id");
    if (last.len == 0) return;
    stream->is_reset = !hansa_cursor_open(call, last) || strlen(call->after) >= HANSA_POSITION_MAX;
    if (!stream->is_reset) snprintf(stream->since, HANSA_POSITION_MAX, "%s", call->after);
}

static void values_bind(struct hansa_call *call, struct hansa_stream *stream) {
    for (size_t i = 0; i < call->endpoint->param_count; i++) {
        const struct hansa_param *param = &call->endpoint->params[i];
        if (param->place != HANSA_IN_STEP) continue;
        if (strcmp(param->name, "since") == 0) call->params[i] = stream->since;
        if (strcmp(param->name, "until") == 0) call->params[i] = stream->until;
    }
}

/* Who has left and was not missed yet takes no place: a browser that loads its page anew is not refused for what it just closed. */
static bool is_full(const struct hansa_channel *channel) {
    size_t most = (size_t)hansa_uuid_share(channel->tenant, hansa_config()->max_streams_tenant), gone = 0;
    if (channel->count < most) return false;
    for (const struct hansa_stream *stream = channel->streams; stream != NULL; stream = stream->next)
        gone += has_left(stream->call);
    return channel->count - gone >= most;
}

enum hansa_step_result hansa_step_stream(struct hansa_call *call) {
    struct hansa_loop *loop = call->loop;
    if (loop->is_draining) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    struct hansa_channel *channel = hansa_channel_of(loop, call);
    if (is_full(channel))
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_TOO_MANY_STREAMS), NULL,
                                  "Close a stream before you open another.");
    struct hansa_stream *stream = h2o_mem_alloc(sizeof *stream);
    *stream = (struct hansa_stream){
        .generator = {on_proceed, on_stop}, .call = call, .channel = channel, .next = channel->streams};
    if (stream->next != NULL) stream->next->previous = stream;
    channel->streams = stream;
    channel->count++;
    call->stream = stream;
    key_make(call);
    since_read(call, stream);
    values_bind(call, stream);
    hansa_call_submit(call, hansa_channel_beat_unit(channel, stream->since, true), begun);
    return call->phase == PHASE_ANSWERED ? HANSA_STEP_END : HANSA_STEP_WAIT;
}

void hansa_stream_free(struct hansa_stream *stream) {
    struct hansa_channel *channel = stream->channel;
    if (stream->read != NULL) hansa_unit_forget(stream->read);
    if (stream->check != NULL) hansa_unit_forget(stream->check);
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        channel->streams = stream->next;
    if (stream->next != NULL) stream->next->previous = stream->previous;
    channel->count--; /* an empty channel goes at the next tick */
    free(stream->page);
    free(stream);
}
