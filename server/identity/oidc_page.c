/* The binding's name begins with __Host-, as the session's does; SameSite=Lax lets it come along when the provider
 * sends the browser back, which is a plain navigation. Pages hold no text from outside. */
#include "oidc_page.h"

#include "core/log.h"

#include <hansa/config.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COOKIE "__Host-hansa-sso"
static const char attributes[] = "; Path=/; Secure; HttpOnly; SameSite=Lax";
static const char callback_path[] = "/v1/session/oidc/callback";
static const char page_policy[] =
    "default-src 'none'; style-src 'sha256-8/kdvkRBZFHsAqmPcFZnuj+zrJMm89kkAQSJde6Kglk='; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void hansa_identity_oidc_redirect_uri(char *ret_text, size_t size) {
    const char *base = hansa_config_public_url();
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    snprintf(ret_text, size, "%.*s%s", (int)len, base, callback_path);
}

bool hansa_identity_oidc_is_own_path(const char *path) {
    size_t len = strlen(path);
    if (path[0] != '/' || path[1] == '/' || len > 512) return false; /* //host is another's */
    for (size_t i = 0; i < len; i++) /* browsers read \ as /, and drop tabs and line ends */
        if (path[i] <= ' ' || path[i] > '~' || strchr("\\\"<>^`{|}", path[i]) != NULL) return false;
    return true;
}

void hansa_identity_oidc_cookie_set(struct hansa_call *call, const char *token) {
    char text[sizeof COOKIE + HANSA_TOKEN_LEN + sizeof attributes + sizeof "=; Max-Age=600"];
    snprintf(text, sizeof text, COOKIE "=%s%s; Max-Age=%d", token == NULL ? "" : token, attributes,
             token == NULL ? 0 : 600);
    hansa_call_answer_header(call, "set-cookie", text);
    OPENSSL_cleanse(text, sizeof text);
}

bool hansa_identity_oidc_cookie_read(struct hansa_call *call, struct hansa_identity_token *ret_token) {
    static const char name[] = COOKIE "=";
    struct hansa_bytes cookies = hansa_call_header(call, "cookie");
    for (size_t at = 0; at < cookies.len;) {
        const char *one = cookies.at + at, *end = memchr(one, ';', cookies.len - at);
        size_t len = end == NULL ? cookies.len - at : (size_t)(end - one);
        at += len + 1;
        while (len > 0 && *one == ' ')
            one++, len--;
        if (len > sizeof name - 1 && memcmp(one, name, sizeof name - 1) == 0)
            return hansa_identity_token_read(one + sizeof name - 1, len - (sizeof name - 1), ret_token);
    }
    return false;
}

static void headers_add(struct hansa_call *call) {
    hansa_call_answer_header(call, "referrer-policy", "no-referrer");
    hansa_call_answer_header(call, "content-security-policy", page_policy);
}

enum hansa_step_result hansa_identity_oidc_go(struct hansa_call *call, const char *address) {
    static const char page[] =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Signing in</title><p>Signing in…</p>";
    headers_add(call);
    hansa_call_answer_header(call, "location", address);
    return hansa_call_answer(call, 302, "text/html; charset=utf-8", page, sizeof page - 1);
}

static bool wants_page(struct hansa_call *call) {
    struct hansa_bytes accept = hansa_call_header(call, "accept");
    for (size_t i = 0; i + 9 <= accept.len; i++)
        if (strncasecmp(accept.at + i, "text/html", 9) == 0) return true;
    return false;
}

enum hansa_step_result hansa_identity_oidc_refuse(struct hansa_call *call, enum hansa_error_id id, const char *why) {
    const struct hansa_error *error = hansa_error(id);
    char page[1024];
    if (why != NULL) hansa_log_event(HANSA_LOG_WARNING, "sign-in at a provider", why, hansa_call_request_id(call));
    if (!wants_page(call)) return hansa_call_problem(call, error, NULL, NULL);
    int len =
        snprintf(page, sizeof page,
                 "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
                 "content=\"width=device-width\">"
                 "<title>Not signed in</title><style>body{font:1.1rem/1.5 sans-serif;max-width:34rem;margin:15vh "
                 "auto;padding:0 1rem}"
                 "</style><h1>Not signed in</h1><p>%s.</p><p><a href=\"/\">Begin again</a></p><p><small>%s</small></p>",
                 error->title, hansa_call_request_id(call));
    headers_add(call);
    return hansa_call_problem_page(call, error, page, (size_t)len);
}
