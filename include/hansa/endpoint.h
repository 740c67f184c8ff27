/* The endpoint table: what the compiler (server/compiler) makes of the <endpoint>.sql files.
 *
 * Const data of the process; any thread. Order of hansa_endpoints[] is stable within one build, so an endpoint's index is
 * its id in metrics and logs.
 */
#ifndef HANSA_ENDPOINT_H
#define HANSA_ENDPOINT_H

#include <hansa/schema.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hansa_call;

/* One entry of a room's errors.def. */
struct hansa_error {
    const char *code;       /* "orders/not_found" */
    const char *title;      /* fixed per type */
    const char *constraint; /* SQL constraint whose breach means this error, or NULL */
    const char *field;      /* JSON Pointer that the constraint is about, or NULL */
    uint16_t status;        /* HTTP */
};
extern const struct hansa_error hansa_errors[];
extern const size_t hansa_error_count;

enum hansa_step_result { HANSA_STEP_NEXT, HANSA_STEP_WAIT, HANSA_STEP_END };

/* One named step of an endpoint. NEXT: go on. WAIT: something holds the call and will resume it. END: answered. */
struct hansa_step {
    const char *name;
    enum hansa_step_result (*run)(struct hansa_call *call);
};
/* Offered by the core, used by name ("unit", "reply") in the steps: line of a file. */
enum hansa_step_result hansa_step_unit(struct hansa_call *call);
enum hansa_step_result hansa_step_reply(struct hansa_call *call);
enum hansa_step_result
hansa_step_stream(struct hansa_call *call); /* of an endpoint that says stream: yes, and its only one */

enum hansa_param_place {
    HANSA_IN_PATH,
    HANSA_IN_QUERY,
    HANSA_IN_STEP,  /* set by a C step, not by the client */
    HANSA_IN_EXPAND /* "expand_<word>": present when ?expand names the word; chooses clauses, binds nothing */
};
enum hansa_param_type {
    HANSA_PARAM_UUID,
    HANSA_PARAM_TEXT,
    HANSA_PARAM_INTEGER,
    HANSA_PARAM_DATE,
    HANSA_PARAM_TIME,
    HANSA_PARAM_CHOICE,
    HANSA_PARAM_BYTES,
    HANSA_PARAM_JSON
};

struct hansa_param {
    const char *name;
    enum hansa_param_place place;
    enum hansa_param_type type;
    bool is_required;
    int64_t minimum, maximum;   /* INTEGER: value; TEXT: length in code points */
    const char *const *choices; /* CHOICE: NULL-terminated */
    const char *fallback;       /* value when absent, or NULL */
};

/* Where the n-th $ of a statement comes from. Values >= HANSA_BIND_PARAM are an index into params + HANSA_BIND_PARAM. */
enum hansa_bind {
    HANSA_BIND_TENANT,
    HANSA_BIND_ACTOR,
    HANSA_BIND_REQUEST_ID,
    HANSA_BIND_BODY,
    HANSA_BIND_AFTER,
    HANSA_BIND_LIMIT,
    HANSA_BIND_REACH,    /* jsonb: which data the caller may reach; null = the whole tenant */
    HANSA_BIND_CONTEXT,  /* jsonb: who, from where, which endpoint, which request; for the audit */
    HANSA_BIND_IF_MATCH, /* text: versions that If-Match admits, for core.is_match; null = it was not sent */
    HANSA_BIND_JOB_ID,   /* of jobs, and of internal statements that a worker runs */
    HANSA_BIND_PAYLOAD,  /* jsonb, likewise */
    HANSA_BIND_PARAM
};

struct hansa_statement {
    const char *name; /* "orders/shipment_list" or, with optional clauses, "orders/shipment_list+5" */
    const char *sql;  /* begins with the comment naming room and endpoint */
    uint8_t bind_count;
    const uint8_t *binds;
    const uint32_t *types; /* PostgreSQL type OIDs */
};

enum hansa_lane {
    HANSA_LANE_FAST,
    HANSA_LANE_SLOW,
    HANSA_LANE_ANY /* internal: prepared in both, the caller chooses */
};
enum hansa_paging { HANSA_PAGING_NONE, HANSA_PAGING_KEYSET };

/* What Idempotency-Key does on a POST behind a scope (standards.md 5.4). */
enum hansa_idempotency {
    HANSA_IDEMPOTENCY_NONE,     /* no such POST: the field is not looked at */
    HANSA_IDEMPOTENCY_ACCEPTED, /* with the field, the answer of step unit is kept and replayed */
    HANSA_IDEMPOTENCY_REQUIRED, /* the same, and without the field 400 */
    HANSA_IDEMPOTENCY_OWN, /* the body carries its own keys, or nothing is changed: only the field's form is checked */
    HANSA_IDEMPOTENCY_SECRET /* the answer tells a secret: that it was given is kept, the answer is not */
};
/* What If-Match does on a change. */
enum hansa_if_match { HANSA_IF_MATCH_NONE, HANSA_IF_MATCH_ACCEPTED, HANSA_IF_MATCH_REQUIRED };

struct hansa_endpoint {
    const char *room;   /* "orders" */
    const char *name;   /* "shipment_create"; "room/name" is unique */
    const char *method; /* NULL for an internal statement without a route */
    const char *path;   /* "/v1/shipments/{shipment_id}" */
    const char *scope;  /* "orders:read"; NULL = public */
    const char *about;
    const struct hansa_param *params;
    size_t param_count;
    const struct hansa_schema *body; /* NULL: takes no body, or not JSON */
    const char *body_media; /* "application/json", "application/merge-patch+json", "application/edi-x12"; NULL = none */
    const char *const *body_also;     /* further media types that the body may have, NULL-terminated; or NULL */
    size_t body_max;                  /* bytes; 0 = max_body_bytes */
    const struct hansa_schema *reply; /* NULL: no JSON reply (page, 204) */
    const char *const *reply_media;   /* what the answer may be, NULL-terminated; NULL = nothing to choose */
    uint16_t ok_status;
    const struct hansa_error *none; /* zero rows; NULL = internal error */
    const struct hansa_error *null; /* a row whose body is null */
    const struct hansa_statement
        *statements;        /* one per set of present optional params; index = bit mask in order of optional_params */
    size_t statement_count; /* 0: no statement; else 1 << optional_count */
    const uint8_t *optional_params; /* binds (enum hansa_bind) whose presence selects a clause */
    size_t optional_count;
    bool is_read_only;
    bool is_tenant_wide; /* callers whose reach is less than the tenant are refused (reach: tenant) */
    bool is_own;         /* a person's own affairs: a session is needed, no key will do (reach: own) */
    bool is_operator;    /* for operators of the platform, and for nobody else (reach: operator) */
    enum hansa_lane lane;
    enum hansa_paging
        paging; /* KEYSET: statement returns body (JSON array) and next (text); core writes data + next_cursor */
    enum hansa_idempotency idempotency;
    enum hansa_if_match if_match;
    bool is_stream;    /* answers with Server-Sent Events by step stream (core/stream.h); reply is what their data is */
    bool takes_fields; /* a GET that step reply answers with JSON: ?fields and ?expand */
    const struct hansa_step *steps;
    size_t step_count;
};

extern const struct hansa_endpoint hansa_endpoints[];
extern const size_t hansa_endpoint_count;
/* A file that begins with `--! job`: work that a worker does. Its statement is an entry of hansa_endpoints like any other. */
struct hansa_job_kind {
    const char *name;                       /* "orders.confirm" */
    const struct hansa_endpoint *statement; /* of the job's tenant; read only when the job hands something on */
    const struct hansa_endpoint *hands; /* NULL, or runs under the tenant that the statement names, before the end */
    const struct hansa_endpoint *then;  /* NULL, or runs in the transaction of the job's end */
    unsigned tries;                     /* taken that often without an end, a job is dead */
    unsigned every_s;                   /* 0, or a job of each active tenant is made that often */
};
extern const struct hansa_job_kind hansa_job_kinds[]; /* sorted by name of the statement */
extern const size_t hansa_job_kind_count;

extern const char hansa_openapi_json[]; /* the whole document, served as is */
extern const size_t hansa_openapi_json_len;

/* Looks an endpoint or internal statement up by "room/name"; NULL when there is none. */
const struct hansa_endpoint *hansa_endpoint_find(const char *room_and_name);

#endif
