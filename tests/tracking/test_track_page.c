/* The public tracking page without a server: rendering, escaping, negotiation, tokens. Steps are tested over HTTP. */
#include "../../server/core/link_token.h"
#include "../../server/tracking/track_page.h"
#include "../../server/tracking/track_page_text.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static struct hansa_bytes bytes(const char *text) {
    return (struct hansa_bytes){text, text ? strlen(text) : 0};
}

static char *page_of(const char *view_text, enum hansa_tracking_lang lang) {
    json_error_t error;
    json_t *view = json_loads(view_text, 0, &error);
    cr_assert(view, "%s", error.text);
    size_t len = 0;
    char *page = hansa_tracking_page_render(view, lang, &len);
    json_decref(view);
    cr_assert(len == strlen(page));
    cr_assert(len < HANSA_TRACKING_PAGE_MAX);
    cr_assert(strstr(page, "</html>\n") == page + len - 8, "the page is whole");
    return page;
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static const char moving[] =
    "{\"tracking_number\":\"QZ4100548\",\"firm\":\"Rhein <& "
    "Maas\",\"firm_phone\":\"+31 10 555 0100 <ext. 2>\",\"told\":[\"BOOKED\",\"CUSTOMS\",\"OUT_FOR_DELIVERY\"],"
    "\"planned_delivery\":\"2026-03-08\",\"delayed_by_minutes\":2891,\"status\":\"OUT_FOR_DELIVERY\",\"eta\":\"2026-03-"
    "10T16:15:00-05:00\","
    "\"flags\":"
    "[\"DELAYED\"],\"origin\":{\"city\":\"SAN LUIS POTOSI\",\"country\":\"MX\"},\"destination\":{\"city\":\"Dallas\","
    "\"country\":\"US\"},\"expires_at\":\"2026-04-09T00:00:00+00:00\",\"milestones\":[{\"code\":\"OFD\",\"event_time\":"
    "\"2026-03-10T08:05:00-05:00\",\"zone\":\"America/Chicago\",\"place\":{\"city\":\"Dallas\",\"country\":\"US\"}},"
    "{\"code\":\"BKD\",\"event_time\":\"2026-03-08T12:00:00.25+05:30\",\"place\":{\"city\":null,\"country\":\"IN\"}},"
    "{\"code\":\"XYZ\",\"event_time\":\"2026-03-07\",\"place\":null}]}";

Test(track_page, says_it_in_english) {
    char *page = page_of(moving, HANSA_TRACKING_ENGLISH);
    cr_assert(strstr(page, "<html lang=\"en\">"));
    cr_assert(strstr(page, "<h1 id=\"status\">Out for delivery</h1>"));
    cr_assert(strstr(page, "QZ4100548"));
    cr_assert(strstr(page, "Later than planned by 2 days"));
    cr_assert_not(strstr(page, "Delayed: later than planned"), "once is enough");
    cr_assert(strstr(page, "Planned for Sunday 8 March 2026"));
    cr_assert(strstr(page, "Rhein &lt;&amp; Maas looks after this shipment."));
    cr_assert(strstr(page, "<p>Phone: <bdi>+31 10 555 0100 &lt;ext. 2&gt;</bdi></p>"));
    cr_assert(strstr(
        page, "<time datetime=\"2026-03-10T16:15-05:00\">Tuesday 10 March 2026, 16:15 <span class=\"zone\">UTC−5<"));
    cr_assert(strstr(page, "Tue 10 Mar 2026, 08:05"));
    cr_assert(strstr(page, "UTC+5:30"));
    cr_assert(strstr(page, "San Luis Potosi, Mexico"));
    cr_assert(strstr(page, "Dallas, United States"));
    cr_assert(strstr(page, "Step 4 of 5: Last stretch"));
    cr_assert(strstr(page, "Update from the carrier"), "an unknown code is told as an update");
    cr_assert(strstr(page, "<time class=\"soft\" datetime=\"2026-03-07\">Sat 7 Mar 2026 <"));
    cr_assert(strstr(page, "The link works until Thu 9 Apr 2026, 00:00 UTC."));
    cr_assert_eq(count_of(page, "aria-current=\"step\""), 1);
    cr_assert_eq(count_of(page, "class=\"done\""), 2);
    cr_assert_eq(count_of(page, "class=\"passed\""), 1, "nobody told of the pickup, so it has no tick");
    free(page);
}

Test(track_page, says_how_late_in_the_unit_that_fits) {
    static const struct {
        int minutes;
        const char *english, *chinese;
    } cases[] = {{1, "by 1 min", "晚 1 分钟"},
                 {119, "by 119 min", "晚 119 分钟"},
                 {120, "by 2 hours", "晚 2 小时"},
                 {2879, "by 47 hours", "晚 47 小时"},
                 {2880, "by 2 days", "晚 2 天"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char view[128];
        snprintf(view, sizeof view, "{\"status\":\"IN_TRANSIT\",\"delayed_by_minutes\":%d}", cases[i].minutes);
        char *page = page_of(view, HANSA_TRACKING_ENGLISH);
        cr_assert(strstr(page, cases[i].english), "%s", cases[i].english);
        free(page);
        page = page_of(view, HANSA_TRACKING_CHINESE);
        cr_assert(strstr(page, cases[i].chinese), "%s", cases[i].chinese);
        free(page);
    }
}

Test(track_page, says_it_in_chinese) {
    char *page = page_of(moving, HANSA_TRACKING_CHINESE);
    cr_assert(strstr(page, "<html lang=\"zh-Hans\">"));
    cr_assert(strstr(page, "<h1 id=\"status\">派送中</h1>"));
    cr_assert(strstr(page, "2026年3月10日 星期二 16:15"));
    cr_assert(strstr(page, "墨西哥 San Luis Potosi"));
    cr_assert(strstr(page, "<p>电话： <bdi>+31 10 555 0100"));
    cr_assert(strstr(page, "第 4 步，共 5 步"));
    free(page);
}

Test(track_page, names_every_status_and_event) {
    static const char *const codes[] = {
#define HANSA_SHIPMENT_STATUS(name, number, is_terminal) #name,
#include "../../server/codec/shipment_status.def"
#undef HANSA_SHIPMENT_STATUS
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char view[128];
        snprintf(view, sizeof view, "{\"status\":\"%s\"}", codes[i]);
        char *page = page_of(view, HANSA_TRACKING_ENGLISH);
        cr_assert_not(strstr(page, "In progress"), "%s has its own words", codes[i]);
        free(page);
    }
    cr_assert_neq(hansa_tracking_event_word("DLV"), HANSA_TRACKING_WORD_EVENT_OTH);
    cr_assert_eq(hansa_tracking_event_word(NULL), HANSA_TRACKING_WORD_EVENT_OTH);
}

Test(track_page, delivered_shows_when_and_a_lost_one_shows_no_steps) {
    char *page =
        page_of("{\"status\":\"DELIVERED\",\"eta\":\"2026-01-01T00:00:00Z\",\"milestones\":[{\"code\":\"POD\"},"
                "{\"code\":\"DLV\",\"event_time\":\"2026-03-10T16:15:00-05:00\"}]}",
                HANSA_TRACKING_ENGLISH);
    cr_assert(strstr(page, "Delivered on"));
    cr_assert_not(strstr(page, "Estimated delivery"));
    cr_assert_not(strstr(page, "1 January 2026"));
    cr_assert_eq(count_of(page, "class=\"done\""), 1);
    cr_assert_eq(count_of(page, "class=\"passed\""), 4);
    free(page);
    page = page_of("{\"status\":\"LOST\",\"eta\":\"2026-01-01T00:00:00Z\"}", HANSA_TRACKING_ENGLISH);
    cr_assert_not(strstr(page, "class=\"steps\""));
    cr_assert_not(strstr(page, "Estimated delivery"));
    cr_assert(strstr(page, "No movement has been reported yet."));
    free(page);
}

Test(track_page, a_departure_after_delivery_is_the_carriers) {
    char *page =
        page_of("{\"status\":\"DELIVERED\",\"milestones\":[{\"code\":\"DEP\"},{\"code\":\"DLV\",\"event_time\":"
                "\"2026-03-10T16:15:00-05:00\"},{\"code\":\"DEP\"}]}",
                HANSA_TRACKING_ENGLISH);
    const char *left = strstr(page, "The carrier left after delivery"), *departed = strstr(page, ">Departed<");
    cr_assert(left && departed && left < departed);
    free(page);
    page = page_of("{\"status\":\"IN_TRANSIT\",\"milestones\":[{\"code\":\"DEP\"}]}", HANSA_TRACKING_ENGLISH);
    cr_assert(strstr(page, ">Departed<"));
    free(page);
}

Test(track_page, says_what_a_part_has_done) {
    static const char view[] = "{\"status\":\"IN_TRANSIT\",\"part\":{\"status\":\"DELIVERED\",\"units\":2,\"of\":5}}";
    char *page = page_of(view, HANSA_TRACKING_ENGLISH);
    cr_assert(strstr(page, "Delivered: 2/5 pieces"));
    free(page);
    page = page_of(view, HANSA_TRACKING_CHINESE);
    cr_assert(strstr(page, "已送达：2/5 件"));
    free(page);
}

/* Every place where a text of the view can go, with something that wants out of it. */
Test(track_page, hostile_texts_stay_texts) {
    static const char *const payloads[] = {
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title><svg onload=alert(1)>",
        "</style><script>1</script>",
        "<!--",
        "]]>",
        "&lt;b&gt;",
        "{{number}}",
        "{{word:ETA}}",
        "<!--= top -->",
        "{1}{2}",
        "\xe2\x80\xae/drowssap",
        "javascript:alert(1)",
        "\x01\x1b[31m<b>",
    };
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        json_t *view =
            json_pack("{s:s, s:s, s:s, s:[s], s:{s:s, s:s}, s:{s:s, s:s}, s:[{s:s, s:s, s:{s:s, s:s}}], s:s}",
                      "tracking_number", payloads[i], "status", payloads[i], "eta", payloads[i], "flags", payloads[i],
                      "origin", "city", payloads[i], "country", payloads[i], "destination", "city", payloads[i],
                      "country", payloads[i], "milestones", "code", payloads[i], "event_time", payloads[i], "place",
                      "city", payloads[i], "country", payloads[i], "expires_at", payloads[i]);
        cr_assert(view);
        size_t len, plain_len;
        char *page = hansa_tracking_page_render(view, HANSA_TRACKING_ENGLISH, &len);
        json_t *plain_view =
            json_loads("{\"tracking_number\":\"x\",\"origin\":{\"city\":\"x\"},\"destination\":{\"city\":"
                       "\"x\"},\"milestones\":[{\"place\":{\"city\":\"x\"}}]}",
                       0, NULL);
        char *plain = hansa_tracking_page_render(plain_view, HANSA_TRACKING_ENGLISH, &plain_len);
        cr_assert_eq(count_of(page, "<"), count_of(plain, "<"), "payload %zu makes no tag", i);
        cr_assert_eq(count_of(page, "\""), count_of(plain, "\""), "payload %zu ends no attribute", i);
        cr_assert_eq(count_of(page, "'"), count_of(plain, "'"), "payload %zu ends no attribute", i);
        cr_assert_not(memchr(page, 0x01, len) || memchr(page, 0x1b, len), "no control characters");
        json_decref(view);
        json_decref(plain_view);
        free(page);
        free(plain);
    }
}

Test(track_page, wrong_types_are_left_out) {
    static const char *const views[] = {
        "{}",
        "[]",
        "{\"status\":7,\"eta\":[],\"flags\":\"x\",\"origin\":[],\"destination\":3,\"milestones\":{}}",
        "{\"milestones\":[1,null,[],{\"place\":[]},\"x\"],\"flags\":[1,null,{}]}",
    };
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        free(page_of(views[i], i % 2 ? HANSA_TRACKING_CHINESE : HANSA_TRACKING_ENGLISH));
}

Test(track_page, never_larger_than_promised) {
    char *wide = malloc(40001);
    cr_assert(wide);
    memset(wide, '"', 40000);
    wide[40000] = '\0';
    json_t *milestones = json_array(), *flags = json_array();
    for (int i = 0; i < 1000; i++) {
        json_array_append_new(milestones,
                              json_pack("{s:s, s:s, s:{s:s, s:s}}", "code", "ADL", "event_time",
                                        "2026-03-10T16:15:00-05:00", "place", "city", wide, "country", wide));
        json_array_append_new(flags, json_string("DELAYED"));
    }
    json_t *view = json_pack("{s:s, s:s, s:o, s:o, s:{s:s, s:s}, s:{s:s, s:s}}", "status", "CUSTOMS", "tracking_number",
                             wide, "milestones", milestones, "flags", flags, "origin", "city", wide, "country", wide,
                             "destination", "city", wide, "country", wide);
    cr_assert(view);
    for (int lang = 0; lang < HANSA_TRACKING_LANG_COUNT; lang++) {
        size_t len;
        char *page = hansa_tracking_page_render(view, (enum hansa_tracking_lang)lang, &len);
        cr_assert(len < HANSA_TRACKING_PAGE_MAX && strstr(page, "</html>\n") == page + len - 8);
        cr_assert(count_of(page, "<li>\n<p class=\"what\">") >= 20, "a good part of the history still shows");
        cr_assert(strstr(page, lang ? "条更早的记录未显示" : "Earlier entries are not shown"));
        free(page);
    }
    json_decref(view);
    free(wide);
}

Test(track_page, cut_texts_stay_utf8) {
    char text[64];
    struct hansa_tracking_text cut = HANSA_TRACKING_TEXT(text);
    hansa_tracking_text_short(&cut, "汉堡港口", 2);
    cr_assert_str_eq(text, "汉堡…");
    struct hansa_tracking_text whole = HANSA_TRACKING_TEXT(text);
    hansa_tracking_text_short(&whole, "汉堡", 2);
    cr_assert_str_eq(text, "汉堡");
    char tiny[4];
    struct hansa_tracking_text small = HANSA_TRACKING_TEXT(tiny);
    hansa_tracking_text_put(&small, "abcd");
    cr_assert(small.is_cut && small.len == 0);
}

Test(track_page, missing_page_in_both_languages) {
    static const char *const words[] = {"We cannot find this shipment", "未找到该货物"};
    for (int lang = 0; lang < HANSA_TRACKING_LANG_COUNT; lang++) {
        size_t len;
        char *page = hansa_tracking_page_missing((enum hansa_tracking_lang)lang, &len);
        cr_assert(strstr(page, words[lang]) && strstr(page, "</html>\n") == page + len - 8);
        free(page);
    }
}

Test(track_page, policy_allows_exactly_the_embedded_style) {
    size_t len;
    char *page = hansa_tracking_page_missing(HANSA_TRACKING_ENGLISH, &len);
    const char *begin = strstr(page, "<style>") + strlen("<style>"), *end = strstr(page, "</style>");
    unsigned char digest[32], text[64];
    EVP_Digest(begin, (size_t)(end - begin), digest, NULL, EVP_sha256(), NULL);
    EVP_EncodeBlock(text, digest, sizeof digest);
    cr_assert(strstr(hansa_tracking_page_csp(), (const char *)text));
    cr_assert(strstr(hansa_tracking_page_csp(), "default-src 'none'"));
    cr_assert_not(strstr(hansa_tracking_page_csp(), "unsafe"));
    cr_assert_not(strstr(page, "<script"));
    cr_assert_not(strstr(page, " style="));
    free(page);
}

Test(track_page, reads_times) {
    struct hansa_tracking_moment moment;
    static const char *const good[] = {"2026-03-10T16:15:00Z", "2026-03-10T16:15:00+00",
                                       "2026-03-10 16:15:00.123456-03:30", "2024-02-29", "2000-02-29T00:00+14:00"};
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-13-01",
                                      "2026-00-10",
                                      "2026-02-29",
                                      "1900-02-29",
                                      "2026-03-10T24:00:00Z",
                                      "2026-03-10T10:61:00Z",
                                      "2026-03-10T10:00:00",
                                      "2026-03-10T10:00:00+99:00",
                                      "2026-03-10T10:00:00Zx",
                                      "2026-03-10x",
                                      "tomorrow"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert(hansa_tracking_moment_read(good[i], &moment), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(hansa_tracking_moment_read(bad[i], &moment), "%s", bad[i]);
    cr_assert_not(hansa_tracking_moment_read(NULL, &moment));
    cr_assert(hansa_tracking_moment_read("2026-03-10 16:15:00-03:30", &moment));
    cr_assert_eq(moment.offset_min, -210);
}

Test(track_page, page_or_json) {
    static const char *const page[] = {NULL,
                                       "",
                                       "*/*",
                                       "text/html",
                                       "text/html,application/xhtml+xml,*/*;q=0.8",
                                       "image/png",
                                       "application/json;q=0.5, text/html",
                                       "text/html, application/json",
                                       "*/*;q=0.1",
                                       "application/json;q=0",
                                       "application/json; q=0.3, */*",
                                       "application/*",
                                       ",;,;q="};
    static const char *const json[] = {"application/json",
                                       "APPLICATION/JSON",
                                       "application/json, text/plain, */*",
                                       "text/html;q=0.5, application/json;q=0.9",
                                       "text/html;q=0, application/json;q=0.1",
                                       "application/json ; charset=utf-8 ; q=0.8",
                                       "text/html;q=0.2,*/*;q=0.7"};
    for (size_t i = 0; i < sizeof page / sizeof *page; i++)
        cr_assert_eq(hansa_tracking_wants_json(bytes(page[i])), i == 11, "%s", page[i] ? page[i] : "none");
    for (size_t i = 0; i < sizeof json / sizeof *json; i++)
        cr_assert(hansa_tracking_wants_json(bytes(json[i])), "%s", json[i]);
}

Test(track_page, english_or_chinese) {
    static const char *const english[] = {
        NULL,     "",    "en",     "de-DE,de;q=0.9",    "*", "en-US,en;q=0.9,zh;q=0.8",
        "zh;q=0", "zhx", "en, zh", "zh;q=0.2, en;q=0.3"};
    static const char *const chinese[] = {"zh",         "zh-CN,zh;q=0.9,en;q=0.8", "ZH-tw",
                                          "zh-Hans-CN", "en;q=0.4,zh;q=0.6",       "fr, zh;q=0.1",
                                          "zh, en",     "en;q=0, zh;q=0.001"};
    for (size_t i = 0; i < sizeof english / sizeof *english; i++)
        cr_assert_eq(hansa_tracking_lang_of(bytes(english[i])), HANSA_TRACKING_ENGLISH, "%s",
                     english[i] ? english[i] : "none");
    for (size_t i = 0; i < sizeof chinese / sizeof *chinese; i++)
        cr_assert_eq(hansa_tracking_lang_of(bytes(chinese[i])), HANSA_TRACKING_CHINESE, "%s", chinese[i]);
}

Test(track_token, goes_there_and_back) {
    struct hansa_link_token token = {"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", {0}}, again;
    for (size_t i = 0; i < sizeof token.secret; i++)
        token.secret[i] = (unsigned char)(251 * i + 7);
    char text[HANSA_LINK_TOKEN_LEN + 1], hash[67], same_hash[67];
    cr_assert(hansa_link_token_write(&token, text));
    cr_assert_eq(strlen(text), 48);
    cr_assert_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 48);
    cr_assert(hansa_link_token_read(text, &again));
    cr_assert_str_eq(again.tenant_id, token.tenant_id);
    cr_assert_eq(memcmp(again.secret, token.secret, sizeof token.secret), 0);
    cr_assert(hansa_link_token_hash(&token, hash) && hansa_link_token_hash(&again, same_hash));
    cr_assert_str_eq(hash, same_hash);
    cr_assert_eq(strlen(hash), 66);
    cr_assert_eq(strncmp(hash, "\\x", 2), 0);
}

Test(track_token, refuses_what_is_none) {
    static const char *const bad[] = {"",
                                      "x",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",
                                      "AAAAAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\xc3\xa9"};
    struct hansa_link_token token;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(hansa_link_token_read(bad[i], &token), "%s", bad[i]);
    cr_assert_not(hansa_link_token_read(NULL, &token));
    static const char *const no_uuid[] = {"", "0190a1b2", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5",
                                          "0190a1b2xc3d4-7e5f-8a9b-0c1d2e3f4a5b",
                                          "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g"};
    char text[HANSA_LINK_TOKEN_LEN + 1];
    for (size_t i = 0; i < sizeof no_uuid / sizeof *no_uuid; i++) {
        memset(&token, 0, sizeof token);
        snprintf(token.tenant_id, sizeof token.tenant_id, "%s", no_uuid[i]);
        cr_assert_not(hansa_link_token_write(&token, text), "%s", no_uuid[i]);
    }
}
