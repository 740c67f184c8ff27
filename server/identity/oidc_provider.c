/* A table of entries with a lock each, so that at most one thread fetches for an issuer and the others wait for what it
 * gets; the table's own lock is held for looking up only. */
#include "oidc_provider.h"

#include "core/fetch.h"
#include "core/json.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { ENTRIES = 128, ISSUER_SIZE = 513, KEPT_S = 3600, MISSED_S = 300, FAILED_S = 5, FETCH_MS = 5000 };

struct entry {
    char issuer[ISSUER_SIZE]; /* empty = free */
    unsigned users;           /* threads that hold or await the lock; under table_lock */
    int64_t used_at;          /* under table_lock */
    pthread_mutex_t lock;     /* for all below; seconds of the monotonic clock, 0 = never */
    json_t *document, *keys;
    int64_t document_at, keys_at, missed_at, failed_at;
};

static struct entry entries[ENTRIES];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t begun = PTHREAD_ONCE_INIT;

static void begin(void) {
    for (size_t i = 0; i < ENTRIES; i++)
        pthread_mutex_init(&entries[i].lock, NULL);
}

static int64_t seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec + 1;
}

static void entry_clear(struct entry *entry) {
    json_decref(entry->document);
    json_decref(entry->keys);
    entry->document = entry->keys = NULL;
    entry->document_at = entry->keys_at = entry->missed_at = entry->failed_at = 0;
}

/* The issuer's entry, locked; NULL = all are at work. */
static struct entry *entry_enter(const char *issuer) {
    struct entry *found = NULL;
    if (strlen(issuer) >= ISSUER_SIZE) return NULL;
    pthread_once(&begun, begin);
    pthread_mutex_lock(&table_lock);
    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *one = &entries[i];
        if (one->issuer[0] != '\0' && strcmp(one->issuer, issuer) == 0) {
            found = one;
            break;
        }
        if (one->users == 0 && (found == NULL || one->used_at < found->used_at)) found = one; /* the longest unused */
    }
    if (found != NULL) {
        if (strcmp(found->issuer, issuer) != 0) {
            entry_clear(found); /* nobody uses it */
            snprintf(found->issuer, sizeof found->issuer, "%s", issuer);
        }
        found->users++;
        found->used_at = seconds();
    }
    pthread_mutex_unlock(&table_lock);
    if (found != NULL) pthread_mutex_lock(&found->lock);
    return found;
}

static void entry_leave(struct entry *entry) {
    pthread_mutex_unlock(&entry->lock);
    pthread_mutex_lock(&table_lock);
    entry->users--;
    pthread_mutex_unlock(&table_lock);
}

static json_t *object_fetch(const char *url, const char **ret_why) {
    static const char *const headers[] = {"accept: application/json", NULL};
    struct hansa_fetched fetched;
    struct hansa_fault fault;
    int status;
    json_t *value = NULL;
    enum hansa_fetch_outcome outcome =
        hansa_fetch(&(struct hansa_fetch){.url = url, .headers = headers, .most_ms = FETCH_MS}, &fetched);
    if (outcome != HANSA_FETCH_DONE)
        *ret_why = fetched.why;
    else if (fetched.status != 200 || fetched.body == NULL)
        *ret_why = "the provider does not answer 200";
    else if ((value = hansa_json_read(fetched.body, fetched.len, HANSA_FETCH_BYTES_MAX, &fault, &status)) == NULL)
        *ret_why = "the provider's answer is no JSON";
    hansa_fetched_done(&fetched);
    return value;
}

const char *hansa_identity_provider_address(const json_t *document, const char *member) {
    const json_t *value = json_object_get(document, member);
    const char *text = json_string_value(value);
    if (text == NULL || json_string_length(value) != strlen(text) || strlen(text) > 2000) return NULL;
    if (strncasecmp(text, "https://", 8) != 0 || strchr(text, '#') != NULL) return NULL;
    for (const char *c = text; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c) != NULL) return NULL;
    return text;
}

static bool document_is_sound(const json_t *document, const char *issuer) {
    const char *own = json_string_value(json_object_get(document, "issuer"));
    return own != NULL && strcmp(own, issuer) == 0 &&
           hansa_identity_provider_address(document, "authorization_endpoint") != NULL &&
           hansa_identity_provider_address(document, "token_endpoint") != NULL &&
           hansa_identity_provider_address(document, "jwks_uri") != NULL;
}

/* The entry's document, fetched when it is missing or old; NULL = `ret_why`. Borrowed. */
static json_t *document_of(struct entry *entry, const char **ret_why) {
    int64_t now = seconds();
    if (entry->document != NULL && now - entry->document_at < KEPT_S) return entry->document;
    *ret_why = "the provider failed just now";
    if (entry->failed_at != 0 && now - entry->failed_at < FAILED_S) return NULL;
    char url[ISSUER_SIZE + 64];
    size_t len = strlen(entry->issuer);
    while (len > 0 && entry->issuer[len - 1] == '/')
        len--;
    snprintf(url, sizeof url, "%.*s/.well-known/openid-configuration", (int)len, entry->issuer);
    json_t *document = object_fetch(url, ret_why);
    if (document != NULL && !document_is_sound(document, entry->issuer)) {
        *ret_why = "the provider's document is not this issuer's, or lacks an address";
        json_decref(document);
        document = NULL;
    }
    if (document == NULL) {
        entry->failed_at = seconds();
        return NULL;
    }
    json_decref(entry->document);
    entry->document = document;
    entry->document_at = now;
    return document;
}

static bool keys_fetch(struct entry *entry, const char **ret_why) {
    const json_t *document = document_of(entry, ret_why);
    if (document == NULL) return false;
    json_t *keys = object_fetch(hansa_identity_provider_address(document, "jwks_uri"), ret_why);
    if (!json_is_array(json_object_get(keys, "keys"))) {
        if (keys != NULL) *ret_why = "the provider's keys are no key set";
        json_decref(keys);
        entry->failed_at = seconds();
        return false;
    }
    json_decref(entry->keys);
    entry->keys = keys;
    entry->keys_at = seconds();
    return true;
}

json_t *hansa_identity_provider_document(const char *issuer, const char **ret_why) {
    *ret_why = "too many providers at once";
    struct entry *entry = entry_enter(issuer);
    if (entry == NULL) return NULL;
    json_t *document = json_incref(document_of(entry, ret_why));
    entry_leave(entry);
    return document;
}

/* Are the entry's keys fit to be handed out? Fetches when that may help. */
static bool keys_ready(struct entry *entry, bool is_missed, bool *ret_is_fresh, const char **ret_why) {
    int64_t now = seconds();
    bool is_kept = entry->keys != NULL && now - entry->keys_at < KEPT_S;
    if (is_kept && !is_missed) return true;
    if (is_kept && entry->missed_at != 0 && now - entry->missed_at < MISSED_S) {
        *ret_why = "the provider has no such key, as it said minutes ago";
        return false;
    }
    *ret_why = "the provider failed just now";
    if (entry->failed_at != 0 && now - entry->failed_at < FAILED_S) return false;
    if (is_missed) entry->missed_at = now;
    return *ret_is_fresh = keys_fetch(entry, ret_why);
}

bool hansa_identity_provider_keys(const char *issuer, bool is_missed, struct hansa_identity_keys *ret_keys,
                                  const char **ret_why) {
    *ret_keys = (struct hansa_identity_keys){0};
    *ret_why = "too many providers at once";
    struct entry *entry = entry_enter(issuer);
    if (entry == NULL) return false;
    bool is_ready = keys_ready(entry, is_missed, &ret_keys->is_fresh, ret_why);
    if (is_ready) ret_keys->set = json_incref(entry->keys);
    entry_leave(entry);
    return is_ready;
}
