/* Where this server may send requests of its own accord: to public addresses by https, and nowhere else (promise W3,
 * standards.md 5.8). Tenants choose those addresses (identity providers, webhooks), so each is an attempt to reach us
 * from within until shown otherwise.
 *
 * hansa_egress_url_check looks at an address when it is saved; hansa_egress_allows at the very socket address that is
 * about to be connected to, so a name that changes its answer gains nothing. Pure but for the settings; any thread.
 */
#ifndef HANSA_EGRESS_H
#define HANSA_EGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { HANSA_EGRESS_URL_MAX = 2048 };

/* Is this a public unicast address (IANA special-purpose registries, RFC 6890)? Forms that carry an IPv4 address inside
 * an IPv6 one are none of them. */
bool hansa_egress_is_public(const struct sockaddr *address);
/* Public, or loopback while unsafe_egress_loopback is on. */
bool hansa_egress_allows(const struct sockaddr *address);
/* Is the port 443 or one of egress_ports? */
bool hansa_egress_port_allows(uint16_t port);
/* https, a host that may be public, a port that is allowed, no user, no fragment. NULL = fine, else why not: a
 * sentence. */
const char *hansa_egress_url_check(const char *url);
/* Is `list` ports with commas between them, or empty? For the start. */
bool hansa_egress_ports_are_sound(const char *list);

#endif
