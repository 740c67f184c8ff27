/* Networks as texts: does an address lie in one of them. Pure; any thread. */
#ifndef HANSA_NETWORK_H
#define HANSA_NETWORK_H

#include <stdbool.h>

/* `networks`: JSON array of "192.0.2.0/24", "2001:db8::/32" or single addresses; NULL = everybody. An address that cannot
 * be read, or "local", lies in no network. IPv4-mapped IPv6 addresses count as IPv4. */
bool hansa_network_allows(const char *networks, const char *address);

#endif
