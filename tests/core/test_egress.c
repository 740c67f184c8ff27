/* The guard of outgoing requests: every spelling of an inner address, as a text and as the socket address it becomes. */
#include "core/egress.h"

#include "core/fetch.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <hansa/config.h>
#include <netinet/in.h>
#include <string.h>

/* The settings of this process; tests run in processes of their own. */
static void settings(const char *flag, const char *ports) {
    static char program[] = "test", first[64], second[64]; /* the settings point into them */
    snprintf(first, sizeof first, "--unsafe-egress-loopback=%s", flag);
    snprintf(second, sizeof second, "--egress-ports=%s", ports);
    char *argv[] = {program, first, second, NULL};
    cr_assert(hansa_config_read(3, argv, NULL));
}

static bool is_public(const char *text) {
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_storage address = {0};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        memcpy(&address, &in, sizeof in);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        memcpy(&address, &in6, sizeof in6);
    else
        cr_assert_fail("%s is no address", text);
    return hansa_egress_is_public((struct sockaddr *)&address);
}

static const char *const inner[] = {
    /* this network, private, shared, loopback, link-local and metadata */
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1",
    "127.1.2.3", "127.255.255.254", "169.254.0.1", "169.254.169.254", "169.254.170.2", "168.63.129.16", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
    "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
    /* multicast, reserved, broadcast */
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.254", "255.255.255.255",
    /* the same inside of IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP */
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "2001:0:7f00:1::1", "2001::1", "2606:4700::5efe:7f00:1",
    "2606:4700::200:5efe:10.0.0.1",
    /* IPv6's own */
    "::", "::1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "100::1",
    "2001:db8::1", "2001:10::1", "2001:20::1", "3fff::1", "4000::1", "5f00::1", "8000::1"};

static const char *const outer[] = {
    "1.1.1.1",         "8.8.8.8",           "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
    "100.128.0.0",     "126.255.255.255",   "128.0.0.0",       "168.63.129.15",  "168.63.129.17",
    "169.253.255.255", "169.255.0.0",       "172.15.255.255",  "172.32.0.0",     "192.0.1.0",
    "192.0.3.0",       "192.167.255.255",   "192.169.0.0",     "198.17.255.255", "198.20.0.0",
    "203.0.112.255",   "203.0.114.0",       "223.255.255.255", "2001:200::1",    "2001:4860:4860::8888",
    "2606:4700::1111", "2a00:1450:4001::5", "2003::1",         "3ffe:ffff::1"};

Test(egress, inner_addresses_are_not_public) {
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++)
        cr_expect_not(is_public(inner[i]), "%s", inner[i]);
}

Test(egress, outer_addresses_are) {
    for (size_t i = 0; i < sizeof outer / sizeof outer[0]; i++)
        cr_expect(is_public(outer[i]), "%s", outer[i]);
}

Test(egress, other_families_and_scopes_are_not) {
    struct sockaddr address = {.sa_family = AF_UNIX};
    cr_expect_not(hansa_egress_is_public(&address));
    struct sockaddr_in6 scoped = {.sin6_family = AF_INET6, .sin6_scope_id = 2};
    inet_pton(AF_INET6, "2606:4700::1111", &scoped.sin6_addr);
    cr_expect_not(hansa_egress_is_public((struct sockaddr *)&scoped));
}

Test(egress, only_the_unsafe_flag_lets_loopback_in_and_nothing_else) {
    struct sockaddr_in loopback = {.sin_family = AF_INET}, private4 = {.sin_family = AF_INET};
    struct sockaddr_in6 loopback6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    inet_pton(AF_INET, "127.0.0.1", &loopback.sin_addr);
    inet_pton(AF_INET, "10.0.0.1", &private4.sin_addr);
    settings("off", "");
    cr_expect_not(hansa_egress_allows((struct sockaddr *)&loopback));
    cr_expect_not(hansa_egress_allows((struct sockaddr *)&loopback6));
    settings("on", "");
    cr_expect(hansa_egress_allows((struct sockaddr *)&loopback));
    cr_expect(hansa_egress_allows((struct sockaddr *)&loopback6));
    cr_expect_not(hansa_egress_allows((struct sockaddr *)&private4));
}

/* Spellings that some reader of addresses takes for an inner one. */
static const char *const refused[] = {"",
                                      "https://",
                                      "https:///",
                                      "example.com",
                                      "//example.com/",
                                      "http://example.com/",
                                      "ftp://example.com/",
                                      "file:///etc/passwd",
                                      "gopher://example.com/",
                                      "javascript:1",
                                      "https:example.com",
                                      "https:/example.com",
                                      "https://127.0.0.1/",
                                      "https://127.1/",
                                      "https://127.0.1/",
                                      "https://0/",
                                      "https://0.0.0.0/",
                                      "https://2130706433/",
                                      "https://0x7f000001/",
                                      "https://0x7f.0.0.1/",
                                      "https://0177.0.0.1/",
                                      "https://017700000001/",
                                      "https://127.0.0.1./",
                                      "https://127.000.000.001/",
                                      "https://0x7f.1/",
                                      "https://4294967295/",
                                      "https://3232235521/",
                                      "https://10.1/",
                                      "https://localhost/",
                                      "https://LOCALHOST/",
                                      "https://localhost./",
                                      "https://a.localhost/",
                                      "https://localhost.localdomain/",
                                      "https://[::1]/",
                                      "https://[::]/",
                                      "https://[0:0:0:0:0:0:0:1]/",
                                      "https://[::ffff:127.0.0.1]/",
                                      "https://[::ffff:7f00:1]/",
                                      "https://[64:ff9b::7f00:1]/",
                                      "https://[fe80::1]/",
                                      "https://[fe80::1%25lo]/",
                                      "https://[fe80::1%lo]/",
                                      "https://[fd00::1]/",
                                      "https://[2002:7f00:1::]/",
                                      "https://[::127.0.0.1]/",
                                      "https://169.254.169.254/latest/meta-data/",
                                      "https://[fd00:ec2::254]/",
                                      "https://metadata.google.internal/",
                                      "https://printer.local/",
                                      "https://intranet/",
                                      "https://db.internal/",
                                      "https://x.home.arpa/",
                                      "https://192.168.1.1/",
                                      "https://172.16.0.1/",
                                      "https://10.0.0.1:443/",
                                      "https://100.64.0.1/",
                                      "https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",
                                      "https://\xe2\x91\xa0.com/",
                                      "https://%31%32%37.0.0.1/",
                                      "https://127.0.0.1%00.example.com/",
                                      "https://user@example.com/",
                                      "https://user:pass@example.com/",
                                      "https://example.com@127.0.0.1/",
                                      "https://example.com:pw@10.0.0.1/",
                                      "https://example.com:80/",
                                      "https://example.com:22/",
                                      "https://example.com:8443/",
                                      "https://example.com:0/",
                                      "https://example.com:65536/",
                                      "https://example.com:443@127.0.0.1/",
                                      "https://example.com\\@127.0.0.1/",
                                      "https://example.com/\r\nhost: x",
                                      "https://exam ple.com/",
                                      "https://example.com/#x",
                                      "https://example.com\t/",
                                      "https://a.1/",
                                      "https://1.2.3.4.5/"};

Test(egress, spellings_of_inner_addresses_are_refused) {
    settings("off", "");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        cr_expect(hansa_egress_url_check(refused[i]) != NULL, "%s", refused[i]);
    char text[HANSA_EGRESS_URL_MAX + 64] = "https://example.com/";
    memset(text + strlen(text), 'a', HANSA_EGRESS_URL_MAX);
    cr_expect(hansa_egress_url_check(text) != NULL);
}

Test(egress, public_addresses_are_taken) {
    static const char *const taken[] = {
        "https://example.com",        "https://example.com/",           "HTTPS://Example.COM/a/b?c=d",
        "https://example.com:443/",   "https://xn--bcher-kva.example/", "https://8.8.8.8/",
        "https://[2606:4700::1111]/", "https://login.a1.example./x",    "https://a_b.example.com/"};
    settings("off", "");
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        cr_expect_null(hansa_egress_url_check(taken[i]), "%s", taken[i]);
}

Test(egress, ports_are_a_list) {
    settings("off", "8443, 9443");
    cr_expect(hansa_egress_port_allows(443) && hansa_egress_port_allows(8443) && hansa_egress_port_allows(9443));
    cr_expect_not(hansa_egress_port_allows(80) || hansa_egress_port_allows(844) || hansa_egress_port_allows(0));
    cr_expect_null(hansa_egress_url_check("https://example.com:9443/"));
    cr_expect(hansa_egress_ports_are_sound("") && hansa_egress_ports_are_sound("1,65535") &&
              hansa_egress_ports_are_sound(" 1 , 2 "));
    cr_expect_not(hansa_egress_ports_are_sound("0") || hansa_egress_ports_are_sound("65536") ||
                  hansa_egress_ports_are_sound("80;81") || hansa_egress_ports_are_sound("a") ||
                  hansa_egress_ports_are_sound("-1") || hansa_egress_ports_are_sound("1,,2"));
}

/* A name passes the look at the text; the socket's address has the last word. "localtest.me"-like names need a DNS, so the
 * text is taken as given and the name resolved by /etc/hosts: the host's own name. */
Test(egress, a_fetch_of_a_refused_address_opens_no_socket) {
    struct hansa_fetched fetched;
    settings("off", "");
    static const char *const urls[] = {"https://127.0.0.1/", "https://[::1]/", "http://example.com/",
                                       "https://u:p@example.com/"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        cr_expect_eq(hansa_fetch(&(struct hansa_fetch){.url = urls[i]}, &fetched), HANSA_FETCH_REFUSED, "%s", urls[i]);
        cr_expect_null(fetched.body);
        hansa_fetched_done(&fetched);
    }
}
