/* One order of `hansa admin`, read from its words; shared by the files that carry orders out. Main thread of the command. */
#ifndef HANSA_IDENTITY_ADMIN_ORDER_H
#define HANSA_IDENTITY_ADMIN_ORDER_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>

enum hansa_admin_option {
    HANSA_ADMIN_NAME,
    HANSA_ADMIN_ZONE,
    HANSA_ADMIN_LOCALE,
    HANSA_ADMIN_TENANT,
    HANSA_ADMIN_SCOPES,
    HANSA_ADMIN_EXPIRES,
    HANSA_ADMIN_OVERLAP,
    HANSA_ADMIN_OPTIONS
};

struct hansa_admin_order {
    const char *noun, *verb, *object;
    const char *options[HANSA_ADMIN_OPTIONS]; /* into argv; NULL = not given */
    bool is_test, is_operator, wants_json;
};

/* Tells how the command is used, and why it was not understood. Returns 2. */
int hansa_identity_admin_usage(const char *why);
/* Uuid text of the tenant that the order is about (--tenant SLUG, or --operator), malloc'd; NULL after telling why. */
char *hansa_identity_admin_tenant(PGconn *pg, const struct hansa_admin_order *order);
/* A member's text, "" when it is absent or no text. */
const char *hansa_identity_admin_text(const json_t *object, const char *name);
void hansa_identity_admin_print(const json_t *value);

/* admin_key.c. Each returns the command's exit code. */
int hansa_identity_admin_key_create(PGconn *pg, const struct hansa_admin_order *order);
int hansa_identity_admin_key_list(PGconn *pg, const struct hansa_admin_order *order);
int hansa_identity_admin_key_rotate(PGconn *pg, const struct hansa_admin_order *order);
int hansa_identity_admin_key_revoke(PGconn *pg, const struct hansa_admin_order *order);

#endif
