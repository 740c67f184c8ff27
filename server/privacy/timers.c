#include "timers.h"

const struct hansa_timer hansa_privacy_retention = {
    .name = "retention",
    .period_ms = 3600000,
    .tenants = "privacy/tenant_ids",
    .each = "privacy/retention_apply",
};
