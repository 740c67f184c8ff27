#include "network.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every address as 16 bytes; IPv4 in its mapped form. Returns the number of leading bits that are ours, or -1. */
static int address_read(const char *text, unsigned char bytes[16]) {
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (inet_pton(AF_INET, text, bytes + 12) == 1) {
        memcpy(bytes, mapped, sizeof mapped);
        return 96;
    }
    return inet_pton(AF_INET6, text, bytes) == 1 ? 0 : -1;
}

static bool lies_in(const unsigned char address[16], const char *network) {
    char host[64];
    unsigned char bytes[16];
    size_t len = strcspn(network, "/");
    if (len >= sizeof host) return false;
    snprintf(host, sizeof host, "%.*s", (int)len, network);
    int skipped = address_read(host, bytes);
    if (skipped < 0) return false;
    long bits =
        network[len] == '/' ? strtol(network + len + 1, NULL, 10) + skipped : 128; /* digits: the door's own form */
    if (bits < skipped || bits > 128) return false;
    for (long bit = 0; bit < bits; bit++)
        if (((address[bit / 8] ^ bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
    return true;
}

bool hansa_network_allows(const char *networks, const char *address) {
    unsigned char bytes[16];
    if (networks == NULL) return true;
    json_t *all = address_read(address, bytes) < 0 ? NULL : json_loads(networks, 0, NULL), *one;
    bool is_allowed = false;
    size_t i;
    json_array_foreach(all, i, one) {
        const char *text = json_string_value(one);
        is_allowed |= text != NULL && lies_in(bytes, text);
    }
    json_decref(all);
    return is_allowed;
}
