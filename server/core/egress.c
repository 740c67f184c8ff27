/* IPv4 is refused by list, IPv6 allowed by list: outside of 2000::/3 nothing is global unicast, which takes care of
 * loopback, link-local, unique-local, multicast, IPv4-mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96) at once. */
#include "egress.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <hansa/config.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct block4 {
    uint32_t from;
    int bits;
};

static const struct block4 closed4[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private, RFC 1918 */
    {0x64400000, 10}, /* carriers' shared space, RFC 6598; some clouds' metadata (100.100.100.200) */
    {0x7f000000, 8},  /* loopback */
    {0xa83f8110,
     32}, /* 168.63.129.16: the host of a virtual machine in one large cloud, a public number that is none */
    {0xa9fe0000, 16}, /* link-local, with the metadata services of clouds */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* IETF protocols */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* 6to4 relays */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 4},  /* multicast */
    {0xf0000000, 4},  /* reserved, and broadcast */
};

struct block6 {
    uint8_t from[16];
    int bits;
};

static const struct block6 open6 = {{0x20}, 3};
static const struct block6 closed6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* IETF protocols: Teredo (an IPv4 address inside), ORCHID, benchmarks */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4: an IPv4 address inside */
    {{0x3f, 0xff}, 20},             /* documentation */
};

static bool bits_equal(const uint8_t *a, const uint8_t *b, int bits) {
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, (size_t)whole) != 0) return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool is_public4(uint32_t address) {
    for (size_t i = 0; i < sizeof closed4 / sizeof closed4[0]; i++)
        if ((address ^ closed4[i].from) >> (32 - closed4[i].bits) == 0) return false;
    return true;
}

static bool is_public6(const uint8_t address[16]) {
    static const uint8_t isatap[2][4] = {{0x00, 0x00, 0x5e, 0xfe},
                                         {0x02, 0x00, 0x5e, 0xfe}}; /* an IPv4 address inside */
    if (!bits_equal(address, open6.from, open6.bits)) return false;
    for (size_t i = 0; i < sizeof closed6 / sizeof closed6[0]; i++)
        if (bits_equal(address, closed6[i].from, closed6[i].bits)) return false;
    return memcmp(address + 8, isatap[0], 4) != 0 && memcmp(address + 8, isatap[1], 4) != 0;
}

bool hansa_egress_is_public(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return is_public4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return in.sin6_scope_id == 0 && is_public6(in.sin6_addr.s6_addr);
    }
    return false;
}

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family != AF_INET6) return false;
    struct sockaddr_in6 in;
    memcpy(&in, address, sizeof in);
    return memcmp(&in.sin6_addr, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

bool hansa_egress_allows(const struct sockaddr *address) {
    return hansa_egress_is_public(address) || (hansa_config()->unsafe_egress_loopback && is_loopback(address));
}

/* --- ports --- */

/* The next of a list; 0 = it is none. */
static long port_next(const char **at) {
    char *end;
    while (**at == ' ')
        (*at)++;
    long port = **at >= '0' && **at <= '9' ? strtol(*at, &end, 10) : 0;
    if (port < 1 || port > 65535) return 0;
    while (*end == ' ')
        end++;
    if (*end != ',' && *end != '\0') return 0;
    *at = *end == ',' ? end + 1 : end;
    return port;
}

bool hansa_egress_ports_are_sound(const char *list) {
    while (*list != '\0')
        if (port_next(&list) == 0) return false;
    return true;
}

bool hansa_egress_port_allows(uint16_t port) {
    if (port == 443) return true;
    const char *list = hansa_config()->egress_ports;
    for (long one; *list != '\0' && (one = port_next(&list)) != 0;)
        if (one == port) return true;
    return false;
}

/* --- addresses as texts --- */

static bool ends_with(const char *text, size_t len, const char *end) {
    size_t end_len = strlen(end);
    return len >= end_len && strncasecmp(text + len - end_len, end, end_len) == 0;
}

/* Names that no public DNS has (RFC 6761, 6762, 8375, 9476). The socket's address has the last word whatever they say.
 */
static bool is_inner_name(const char *host, size_t len) {
    static const char *const ends[] = {".localhost", ".local",   ".internal", ".home.arpa", ".intranet",   ".lan",
                                       ".corp",      ".invalid", ".onion",    ".alt",       ".localdomain"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(host, len, ends[i])) return true;
    return memchr(host, '.', len) == NULL; /* one word: localhost, a machine of ours, or nothing */
}

static bool host_allows(const char *host) {
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_storage address = {0};
    char plain[256];
    size_t len = strlen(host);
    while (len > 0 && host[len - 1] == '.')
        len--; /* the root's dot changes nothing */
    if (len == 0 || len >= sizeof plain) return false;
    memcpy(plain, host, len);
    plain[len] = '\0';
    if (plain[0] == '[') {
        plain[len - 1] = '\0';
        if (host[len - 1] != ']' || inet_pton(AF_INET6, plain + 1, &in6.sin6_addr) != 1) return false;
        memcpy(&address, &in6, sizeof in6);
        return hansa_egress_allows((struct sockaddr *)&address);
    }
    if (inet_pton(AF_INET, plain, &in.sin_addr) == 1) {
        memcpy(&address, &in, sizeof in);
        return hansa_egress_allows((struct sockaddr *)&address);
    }
    for (size_t i = 0; i < len; i++) /* a name in letters of other scripts is written xn--… */
        if (plain[i] <= ' ' || plain[i] > '~' || strchr("%\\\"'<>^`{|}[]", plain[i]) != NULL) return false;
    /* what ends in a number is an address in some spelling or no name at all (WHATWG URL, "ends in a number") */
    const char *dot = strrchr(plain, '.');
    if (dot != NULL && dot[1] >= '0' && dot[1] <= '9') return false;
    bool is_local = strcasecmp(plain, "localhost") == 0 && hansa_config()->unsafe_egress_loopback;
    return len <= 253 && (is_local || !is_inner_name(plain, len));
}

static const char *parts_check(CURLU *parts) {
    char *text = NULL;
    if (curl_url_get(parts, CURLUPART_USER, &text, 0) == CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PASSWORD, &text, 0) == CURLUE_OK) {
        curl_free(text);
        return "An address with a user or a password in it is not asked.";
    }
    if (curl_url_get(parts, CURLUPART_FRAGMENT, &text, 0) == CURLUE_OK) {
        curl_free(text);
        return "The address has a fragment.";
    }
    if (curl_url_get(parts, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "The address has no port.";
    long port = strtol(text, NULL, 10);
    curl_free(text);
    if (port < 1 || port > 65535 || !hansa_egress_port_allows((uint16_t)port)) return "This port is not asked.";
    if (curl_url_get(parts, CURLUPART_ZONEID, &text, 0) == CURLUE_OK) {
        curl_free(text);
        return "This host cannot be public.";
    }
    if (curl_url_get(parts, CURLUPART_HOST, &text, 0) != CURLUE_OK) return "The address has no host.";
    bool is_allowed = host_allows(text);
    curl_free(text);
    return is_allowed ? NULL : "This host cannot be public.";
}

const char *hansa_egress_url_check(const char *url) {
    size_t len = strnlen(url, HANSA_EGRESS_URL_MAX + 1);
    if (len > HANSA_EGRESS_URL_MAX || strncasecmp(url, "https://", 8) != 0)
        return "Expected an address that begins with https://.";
    for (size_t i = 0; i < len; i++)
        if (url[i] <= ' ' || url[i] > '~' || url[i] == '\\')
            return "The address has characters that an address cannot have.";
    CURLU *parts = curl_url();
    if (parts == NULL) return "The address cannot be read.";
    const char *fault = curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK
                            ? parts_check(parts)
                            : "The address cannot be read.";
    curl_url_cleanup(parts);
    return fault;
}
