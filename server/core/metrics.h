/* Counters of a loop, in Prometheus' words. Written by the loop's thread only, with relaxed stores; read by whichever loop
 * answers /metrics. No tenant, no user, no path with values (promise O2). Lifetime: the process. */
#ifndef HANSA_METRICS_H
#define HANSA_METRICS_H

#include "connection.h"
#include "db.h"

#include <stdatomic.h>
#include <stdint.h>

struct hansa_loop;
struct hansa_metrics;

struct hansa_metrics *hansa_metrics_new(void);
/* endpoint: index in hansa_endpoints, or hansa_endpoint_count for requests that reached none. */
void hansa_metrics_request(struct hansa_metrics *metrics, size_t endpoint, int status, uint64_t duration_us);
void hansa_metrics_cancelled(struct hansa_metrics *metrics);
void hansa_metrics_client_closed(struct hansa_metrics *metrics, enum hansa_doom why);
/* Copies the state of the loop's lanes and lists into the metrics; each tick. */
void hansa_metrics_sample(struct hansa_metrics *metrics, const struct hansa_loop *loop);
/* The whole text, malloc'd. */
char *hansa_metrics_text(size_t *ret_len);

#endif
