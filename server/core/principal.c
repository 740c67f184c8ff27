/* A set-associative table: bounded memory, no allocation on the way, the oldest of a set makes room. */
#include "principal.h"

#include "hex.h"
#include "log.h"

#include <assert.h>
#include <hansa/config.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 512, WAYS = 4, UNIT_MAX_MS = 5000 };

struct hansa_principals {
    struct hansa_db *db;
    h2o_loop_t *loop;
    const struct hansa_door *door;
    const struct hansa_endpoint *check[HANSA_CREDENTIAL_KINDS], *used[HANSA_CREDENTIAL_KINDS];
    struct hansa_principal entries[SETS][WAYS];
};

/* Lives from submit until done; not tied to any call. */
struct refresh {
    struct hansa_principals *principals;
    struct hansa_credential credential;
    char hex[67];
};

struct hansa_principals *hansa_principals_new(struct hansa_db *db, h2o_loop_t *loop, const struct hansa_door *door) {
    struct hansa_principals *principals = calloc(1, sizeof *principals);
    if (principals == NULL) abort();
    principals->db = db;
    principals->loop = loop;
    principals->door = door;
    for (size_t k = 0; k < HANSA_CREDENTIAL_KINDS; k++) {
        principals->check[k] = hansa_endpoint_find(door->check[k]);
        principals->used[k] = hansa_endpoint_find(door->used[k]);
        assert(principals->check[k] != NULL && principals->used[k] != NULL);
    }
    return principals;
}

static void entry_clear(struct hansa_principal *entry) {
    free(entry->scopes);
    free(entry->reach);
    free(entry->addresses);
    *entry = (struct hansa_principal){0};
}

void hansa_principals_free(struct hansa_principals *principals) {
    for (size_t s = 0; s < SETS; s++)
        for (size_t w = 0; w < WAYS; w++)
            entry_clear(&principals->entries[s][w]);
    free(principals);
}

static struct hansa_principal *entry_find(struct hansa_principals *principals, const uint8_t digest[32]) {
    struct hansa_principal *set = principals->entries[(digest[0] | digest[1] << 8) % SETS];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].checked_at != 0 && CRYPTO_memcmp(set[i].digest, digest, 32) == 0) return &set[i];
    return NULL;
}

static struct hansa_principal *entry_make(struct hansa_principals *principals, const uint8_t digest[32]) {
    struct hansa_principal *known = entry_find(principals, digest),
                           *set = principals->entries[(digest[0] | digest[1] << 8) % SETS];
    if (known != NULL) return known;
    struct hansa_principal *oldest = &set[0];
    for (size_t i = 1; i < WAYS; i++)
        if (set[i].checked_at < oldest->checked_at) oldest = &set[i];
    entry_clear(oldest);
    memcpy(oldest->digest, digest, 32);
    return oldest;
}

/* Binds the door's statement: tenant, and what the room's file names. */
static void values_bind(struct hansa_unit *unit, const struct hansa_endpoint *endpoint, const char *tenant,
                        const char *reference, const char *actor, const char *hex) {
    const struct hansa_statement *statement = &endpoint->statements[0];
    for (size_t i = 0; i < statement->bind_count; i++) {
        uint8_t from = statement->binds[i];
        const char *name = from >= HANSA_BIND_PARAM ? endpoint->params[from - HANSA_BIND_PARAM].name : "";
        unit->values[i] = from == HANSA_BIND_TENANT          ? tenant
                          : strcmp(name, "key_ref") == 0     ? reference
                          : strcmp(name, "actor_id") == 0    ? actor
                          : strcmp(name, "secret_hash") == 0 ? hex
                                                             : NULL;
    }
    memcpy(unit->tenant, tenant, sizeof unit->tenant);
}

struct hansa_unit *hansa_principal_unit(struct hansa_principals *principals, const struct hansa_credential *credential,
                                        char hex[67]) {
    hansa_hex_bytea(credential->digest, 32, hex);
    struct hansa_unit *unit =
        hansa_unit_new(&principals->check[credential->kind]->statements[0], HANSA_LANE_FAST, true);
    values_bind(unit, principals->check[credential->kind], credential->home, credential->reference, NULL, hex);
    unit->deadline_at = h2o_now(principals->loop) + UNIT_MAX_MS;
    return unit;
}

/* An array of scopes as one text, malloc'd; NULL when it is none. */
static char *scopes_join(const json_t *scopes) {
    size_t at = 0, i, size = 1;
    json_t *scope;
    if (!json_is_array(scopes)) return NULL;
    json_array_foreach(scopes, i, scope) {
        if (json_string_length(scope) == 0) return NULL;
        size += json_string_length(scope) + 1;
    }
    char *joined = malloc(size);
    if (joined == NULL) return NULL;
    json_array_foreach(scopes, i, scope) {
        if (at > 0) joined[at++] = ' ';
        memcpy(joined + at, json_string_value(scope), json_string_length(scope));
        at += json_string_length(scope);
    }
    joined[at] = '\0';
    return joined;
}

static bool text_take(const json_t *body, const char *name, char *text, size_t size) {
    const char *value = json_string_value(json_object_get(body, name));
    text[0] = '\0';
    return value == NULL || snprintf(text, size, "%s", value) < (int)size;
}

/* An object or array as JSON text, malloc'd; NULL for null. */
static char *json_take(const json_t *body, const char *name) {
    const json_t *value = json_object_get(body, name);
    return value == NULL || json_is_null(value) ? NULL : json_dumps(value, JSON_COMPACT);
}

/* Who is not known to be more sees what everybody may. */
static enum hansa_audience audience_take(const json_t *body) {
    const char *word = json_string_value(json_object_get(body, "audience"));
    if (word == NULL) return HANSA_AUDIENCE_PUBLIC;
    return strcmp(word, "STAFF") == 0      ? HANSA_AUDIENCE_STAFF
           : strcmp(word, "PARTNER") == 0  ? HANSA_AUDIENCE_PARTNER
           : strcmp(word, "CUSTOMER") == 0 ? HANSA_AUDIENCE_CUSTOMER
                                           : HANSA_AUDIENCE_PUBLIC;
}

static void entry_fill(struct hansa_principal *entry, const PGresult *result) {
    int column = PQfnumber(result, "body");
    entry->is_live = false;
    free(entry->scopes);
    free(entry->reach);
    free(entry->addresses);
    entry->scopes = entry->reach = entry->addresses = NULL;
    if (PQntuples(result) != 1 || column < 0 || PQgetisnull(result, 0, column)) return;
    json_t *body = json_loads(PQgetvalue(result, 0, column), 0, NULL);
    if (text_take(body, "actor_id", entry->actor, sizeof entry->actor) && strlen(entry->actor) == 36 &&
        text_take(body, "actor_kind", entry->actor_kind, sizeof entry->actor_kind) &&
        text_take(body, "session_id", entry->session, sizeof entry->session) &&
        (entry->scopes = scopes_join(json_object_get(body, "scopes"))) != NULL) {
        entry->audience = audience_take(body);
        entry->reach = json_take(body, "reach");
        entry->addresses = json_take(body, "addresses");
        entry->key_rate = json_integer_value(json_object_get(body, "key_rate"));
        entry->tenant_rate = json_integer_value(json_object_get(body, "tenant_rate"));
        entry->is_live = true;
    } else {
        hansa_log_event(HANSA_LOG_ERROR, "the door's statement gave an unreadable principal", NULL, NULL);
    }
    json_decref(body);
}

const struct hansa_principal *hansa_principal_learn(struct hansa_principals *principals,
                                                    const struct hansa_credential *credential,
                                                    const struct hansa_unit *unit, bool is_use) {
    if (unit->outcome != HANSA_UNIT_DONE) return NULL;
    struct hansa_principal *entry = entry_make(principals, credential->digest);
    entry->kind = credential->kind;
    memcpy(entry->tenant, credential->tenant, sizeof entry->tenant);
    memcpy(entry->home, credential->home, sizeof entry->home);
    memcpy(entry->reference, credential->reference, sizeof entry->reference);
    entry_fill(entry, unit->result);
    /* the answer is as old as the moment it was asked */
    entry->checked_at = unit->sent_at;
    entry->is_refreshing = false;
    entry->is_used |= is_use && entry->is_live;
    return entry;
}

static void refreshed(struct hansa_unit *unit) {
    struct refresh *refresh = unit->owner;
    if (hansa_principal_learn(refresh->principals, &refresh->credential, unit, false) == NULL) {
        struct hansa_principal *entry = entry_find(refresh->principals, refresh->credential.digest);
        if (entry != NULL) entry->is_refreshing = false;
    }
    free(refresh);
}

static void refresh_start(struct hansa_principals *principals, struct hansa_principal *entry,
                          const struct hansa_credential *credential) {
    struct refresh *refresh = malloc(sizeof *refresh);
    if (refresh == NULL) return;
    refresh->principals = principals;
    refresh->credential = *credential;
    struct hansa_unit *unit = hansa_principal_unit(principals, &refresh->credential, refresh->hex);
    unit->owner = refresh;
    unit->done = refreshed;
    entry->is_refreshing = true;
    hansa_db_submit(principals->db, unit);
}

static struct hansa_principal *entry_fresh(struct hansa_principals *principals,
                                           const struct hansa_credential *credential) {
    struct hansa_principal *entry = entry_find(principals, credential->digest);
    uint64_t now = h2o_now(principals->loop), most = (uint64_t)hansa_config()->key_cache_ms;
    if (entry == NULL || now - entry->checked_at >= most) return NULL;
    if (now - entry->checked_at >= most / 2 && !entry->is_refreshing && entry->is_live)
        refresh_start(principals, entry, credential);
    return entry;
}

const struct hansa_principal *hansa_principal_find(struct hansa_principals *principals,
                                                   const struct hansa_credential *credential) {
    struct hansa_principal *entry = entry_fresh(principals, credential);
    if (entry != NULL) entry->is_used |= entry->is_live;
    return entry;
}

const struct hansa_principal *hansa_principal_look(struct hansa_principals *principals,
                                                   const struct hansa_credential *credential) {
    return entry_fresh(principals, credential);
}

static bool pattern_covers(const char *pattern, size_t len, const char *scope) {
    if (len == 1 && *pattern == '*') return true;
    const char *colon = memchr(pattern, ':', len), *scope_colon = strchr(scope, ':');
    if (colon == NULL || scope_colon == NULL) return false;
    size_t room = (size_t)(colon - pattern), scope_room = (size_t)(scope_colon - scope);
    size_t verb = len - room - 1;
    bool room_fits = (room == 1 && *pattern == '*') || (room == scope_room && memcmp(pattern, scope, room) == 0);
    bool verb_fits = (verb == 1 && colon[1] == '*') ||
                     (verb == strlen(scope_colon + 1) && memcmp(colon + 1, scope_colon + 1, verb) == 0);
    return room_fits && verb_fits;
}

bool hansa_principal_may(const struct hansa_principal *principal, const char *scope) {
    for (const char *at = principal->scopes; at != NULL && *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        if (pattern_covers(at, len, scope)) return true;
        at += len;
    }
    return false;
}

/* What the unit's values point into, when the entry may be gone before it is sent. */
struct use {
    char home[37], actor[37], hex[67];
};

static void use_noted(struct hansa_unit *unit) {
    free(unit->owner);
}

static void use_note(struct hansa_principals *principals, const struct hansa_principal *entry) {
    const struct hansa_endpoint *endpoint = principals->used[entry->kind];
    struct use *use = h2o_mem_alloc(sizeof *use);
    memcpy(use->home, entry->home, sizeof use->home);
    memcpy(use->actor, entry->actor, sizeof use->actor);
    hansa_hex_bytea(entry->digest, 32, use->hex);
    struct hansa_unit *unit = hansa_unit_new(&endpoint->statements[0], HANSA_LANE_FAST, false);
    values_bind(unit, endpoint, use->home, NULL, use->actor, use->hex);
    unit->owner = use;
    unit->done = use_noted;
    unit->deadline_at = h2o_now(principals->loop) + UNIT_MAX_MS;
    hansa_db_submit(principals->db, unit);
}

void hansa_principals_note_use(struct hansa_principals *principals) {
    for (size_t s = 0; s < SETS; s++) {
        for (size_t w = 0; w < WAYS; w++) {
            struct hansa_principal *entry = &principals->entries[s][w];
            if (entry->is_used) use_note(principals, entry);
            entry->is_used = false;
        }
    }
}
