/* Checking a chain, piece by piece as audit.chain() gives them. Single thread; lifetime: one look through one chain. */
#ifndef HANSA_AUDIT_CHAIN_H
#define HANSA_AUDIT_CHAIN_H

#include "head.h"

#include <stdbool.h>
#include <stddef.h>

struct hansa_audit_chain {
    const char *name; /* what the chain is called in findings; the caller's */
    char tenant[37];  /* of the first piece */
    bool has_secret;  /* the head's signature can be checked */
    bool is_begun;    /* some piece was taken */
    int64_t first;    /* seal before the first piece; above 0 the beginning was not looked at */
    int64_t seal_no;  /* last seal that was taken */
    char hash[HANSA_AUDIT_HEX + 1];
    size_t seals, entries, findings;
};

/* Takes the next piece; each finding is printed on stdout as it is met. False = it is no such document (told on stderr). */
bool hansa_audit_chain_take(struct hansa_audit_chain *chain, const json_t *piece);
/* The last piece was taken, `piece`: does the signed head fit what was seen? */
void hansa_audit_chain_end(struct hansa_audit_chain *chain, const json_t *piece);
/* Prints one finding. */
void hansa_audit_chain_found(struct hansa_audit_chain *chain, const char *form, ...)
    __attribute__((format(printf, 2, 3)));

#endif
