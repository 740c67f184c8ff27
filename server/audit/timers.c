#include "timers.h"

#include "head.h"

const struct hansa_timer hansa_audit_sealing = {
    .name = "audit sealing",
    .period_ms = 10000,
    .tenants = "audit/tenant_ids",
    .each = "audit/seal_cut",
    .between = hansa_audit_head_sign,
    .then = "audit/head_sign",
};

const struct hansa_witness hansa_audit_witness = {.statement = "audit/access_note"};
