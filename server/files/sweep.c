/* The directory is walked tenant by tenant; what is old enough is asked about in bundles: which of these does no row name? */
#include "sweep.h"

#include "core/hex.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/once.h"
#include "store.h"

#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUNDLE_MAX = 500, PERIOD_LEAST_MS = 1000, PERIODS_OF_AGE = 4 };

struct bundle {
    PGconn *pg;
    char tenant[37];
    json_t *digests;
    size_t removed;
};

/* Asks about what was gathered and removes what nobody names. False = the database does not answer. */
static bool bundle_end(struct bundle *bundle) {
    if (json_array_size(bundle->digests) == 0) return true;
    char *text = json_dumps(bundle->digests, JSON_COMPACT);
    json_array_clear(bundle->digests);
    json_t *orphans = text == NULL ? NULL
                                   : hansa_once_run(bundle->pg, "files/orphan_list", bundle->tenant,
                                                    (struct hansa_once_value[]){{"digests", text}, {NULL, NULL}});
    free(text);
    size_t i;
    json_t *orphan;
    json_array_foreach(orphans, i, orphan) {
        uint8_t digest[HANSA_STORE_DIGEST];
        const char *hex = json_string_value(orphan);
        if (hex == NULL || strlen(hex) != HANSA_STORE_HEX || !hansa_hex_read(hex, HANSA_STORE_DIGEST, digest)) continue;
        bundle->removed +=
            hansa_store_delete(bundle->tenant, digest, (long)hansa_config()->files_orphan_s) == HANSA_STORE_DONE;
    }
    bool ok = json_is_array(orphans);
    json_decref(orphans);
    return ok;
}

static bool see(const char *tenant, const char hex[HANSA_STORE_HEX + 1], void *data) {
    struct bundle *bundle = data;
    bool is_other = strcmp(bundle->tenant, tenant) != 0;
    bool is_next = is_other || json_array_size(bundle->digests) >= BUNDLE_MAX;
    if (is_next && !bundle_end(bundle)) return false;
    snprintf(bundle->tenant, sizeof bundle->tenant, "%s", tenant);
    json_array_append_new(bundle->digests, json_string(hex));
    return !hansa_is_draining();
}

static void sweep(void) {
    struct bundle bundle = {.pg = PQconnectdb(hansa_config()->database_url), .digests = json_array()};
    if (PQstatus(bundle.pg) == CONNECTION_OK) {
        if (!hansa_store_walk((long)hansa_config()->files_orphan_s, see, &bundle))
            hansa_log_event(HANSA_LOG_ERROR, "the file store cannot be walked through", NULL, NULL);
        if (!hansa_is_draining()) bundle_end(&bundle);
    }
    if (bundle.removed > 0) {
        char told[32];
        snprintf(told, sizeof told, "%zu", bundle.removed);
        hansa_log_event(HANSA_LOG_INFO, "stored files that no row names were swept away", told, NULL);
    }
    json_decref(bundle.digests);
    PQfinish(bundle.pg);
}

static unsigned period(void) {
    const struct hansa_config *config = hansa_config();
    if (config->files_dir[0] == '\0') return 0;
    unsigned ms = (unsigned)config->files_orphan_s * 1000 / PERIODS_OF_AGE;
    return ms < PERIOD_LEAST_MS ? PERIOD_LEAST_MS : ms;
}

const struct hansa_chore hansa_files_sweeping = {.name = "sweeping the file store", .period_ms = period, .run = sweep};
