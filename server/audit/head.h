/* The signed head of a tenant's chain: who can write to the database but has not the installation's secret_file cannot make
 * a shorter chain look whole. Any thread. */
#ifndef HANSA_AUDIT_HEAD_H
#define HANSA_AUDIT_HEAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { HANSA_AUDIT_HEX = 64 };

/* HMAC-SHA256 of "tenant seal_no hash" by a key derived from secret_file, in hex. False = no secret_file. */
bool hansa_audit_head_tag(const char *tenant, int64_t seal_no, const char *hash, char ret_hex[HANSA_AUDIT_HEX + 1]);
/* For the timer: adds `signature` to what audit/seal_cut answered. False = there is nothing to sign or nothing to sign with. */
bool hansa_audit_head_sign(const char *tenant, json_t *body);

#endif
