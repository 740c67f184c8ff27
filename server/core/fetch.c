/* One easy handle a request: no connection, name or session outlives it, so nothing that one tenant's host did reaches
 * the next. The guard is libcurl's open-socket hook, which sees the very address that is connected to, after all
 * resolving. */
#include "fetch.h"

#include "egress.h"

#include <curl/curl.h>
#include <hansa/config.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 5000, SLOW_BYTES = 100, SLOW_S = 5, HEADER_BYTES_MAX = 65536 };

struct intake {
    char *at;
    size_t len, size, header_len;
    bool is_too_large, is_refused;
};

static pthread_once_t begun = PTHREAD_ONCE_INIT;

static void begin(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
}

static curl_socket_t socket_open(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
    struct intake *intake = data;
    if (purpose != CURLSOCKTYPE_IPCXN || !hansa_egress_allows(&address->addr)) {
        intake->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t body_take(char *bytes, size_t size, size_t count, void *data) {
    struct intake *intake = data;
    size_t len = size * count;
    if (intake->len + len > HANSA_FETCH_BYTES_MAX) {
        intake->is_too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (intake->len + len + 1 > intake->size) {
        size_t bigger = intake->size == 0 ? 8192 : intake->size * 2;
        while (bigger < intake->len + len + 1)
            bigger *= 2;
        char *grown = malloc(bigger); /* not realloc: what it leaves behind may hold a token */
        if (grown == NULL) return CURL_WRITEFUNC_ERROR;
        if (intake->len > 0) memcpy(grown, intake->at, intake->len);
        if (intake->at != NULL) OPENSSL_cleanse(intake->at, intake->len);
        free(intake->at);
        intake->at = grown;
        intake->size = bigger;
    }
    memcpy(intake->at + intake->len, bytes, len);
    intake->len += len;
    intake->at[intake->len] = '\0';
    return len;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type that libcurl wants. */
static size_t header_take(char *bytes, size_t size, size_t count, void *data) {
    (void)bytes;
    struct intake *intake = data;
    intake->header_len += size * count;
    if (intake->header_len <= HEADER_BYTES_MAX) return size * count;
    intake->is_too_large = true;
    return CURL_WRITEFUNC_ERROR;
}

static struct curl_slist *headers_make(const struct hansa_fetch *fetch) {
    struct curl_slist *list = curl_slist_append(NULL, "expect:"); /* no waiting for 100 Continue */
    for (size_t i = 0; fetch->headers != NULL && fetch->headers[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(list, fetch->headers[i]);
        if (longer != NULL) list = longer;
    }
    return list;
}

static void options_set(CURL *easy, const struct hansa_fetch *fetch, struct intake *intake,
                        struct curl_slist *headers) {
    long most_ms = fetch->most_ms > 0 && fetch->most_ms < HANSA_FETCH_MS_MAX ? fetch->most_ms : HANSA_FETCH_MS_MAX;
    curl_easy_setopt(easy, CURLOPT_URL, fetch->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* the environment's proxy would hide the address from the guard */
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, socket_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, intake);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (hansa_config()->egress_ca_file[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_CAINFO, hansa_config()->egress_ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Hansa");
    if (fetch->body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch->body);
    }
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(most_ms < CONNECT_MS ? most_ms : CONNECT_MS));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, most_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_S);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)HANSA_FETCH_BYTES_MAX);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, intake);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_take);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, intake);
}

static void media_type_take(CURL *easy, char media_type[64]) {
    char *type = NULL;
    size_t len = 0;
    if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || type == NULL) return;
    while (len < 63 && type[len] != '\0' && type[len] != ';' && type[len] != ' ') {
        media_type[len] = (char)(type[len] >= 'A' && type[len] <= 'Z' ? type[len] + 32 : type[len]);
        len++;
    }
    media_type[len] = '\0';
}

static enum hansa_fetch_outcome perform(CURL *easy, const struct hansa_fetch *fetch, struct hansa_fetched *fetched) {
    struct intake intake = {0};
    struct curl_slist *headers = headers_make(fetch);
    options_set(easy, fetch, &intake, headers);
    CURLcode code = curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    media_type_take(easy, fetched->media_type);
    curl_slist_free_all(headers);
    fetched->why = curl_easy_strerror(code);
    fetched->body = intake.at;
    fetched->len = intake.len;
    if (code == CURLE_OK) {
        fetched->status = (int)status;
        return HANSA_FETCH_DONE;
    }
    if (intake.is_too_large || code == CURLE_FILESIZE_EXCEEDED) return HANSA_FETCH_TOO_LARGE;
    return intake.is_refused && code == CURLE_COULDNT_CONNECT ? HANSA_FETCH_REFUSED : HANSA_FETCH_FAILED;
}

enum hansa_fetch_outcome hansa_fetch(const struct hansa_fetch *fetch, struct hansa_fetched *ret_fetched) {
    *ret_fetched = (struct hansa_fetched){.why = "out of memory"};
    const char *fault = hansa_egress_url_check(fetch->url);
    if (fault != NULL) {
        ret_fetched->why = fault;
        return HANSA_FETCH_REFUSED;
    }
    pthread_once(&begun, begin);
    CURL *easy = curl_easy_init();
    if (easy == NULL) return HANSA_FETCH_FAILED;
    enum hansa_fetch_outcome outcome = perform(easy, fetch, ret_fetched);
    curl_easy_cleanup(easy);
    return outcome;
}

void hansa_fetched_done(struct hansa_fetched *fetched) {
    if (fetched->body != NULL) OPENSSL_cleanse(fetched->body, fetched->len);
    free(fetched->body);
    *fetched = (struct hansa_fetched){0};
}
