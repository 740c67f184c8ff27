/* The upload of the server and this command work from the same document, so what a partner's file gives can be looked at
 * before it is sent. */
#include "exchange/edi_parse.h"

#include "codec/x12.h"
#include "codec/x12_document.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_READ = 0, EXIT_REFUSED = 1, EXIT_TROUBLE = 2 };

/* Reads at most one byte more than a file may have, which is enough to see that it is too large. NULL with errno set. */
static char *read_stream(FILE *stream, size_t *ret_len) {
    const size_t max = HANSA_CODEC_X12_MAX_BYTES + 1;
    size_t size = (size_t)64 * 1024;
    size_t used = 0;
    char *bytes = malloc(size);
    while (bytes != NULL) {
        used += fread(bytes + used, 1, size - used, stream);
        if (ferror(stream)) {
            free(bytes);
            return NULL;
        }
        if (used < size || size == max) break;
        size = size > max / 2 ? max : size * 2;
        char *larger = realloc(bytes, size);
        if (larger == NULL) free(bytes);
        bytes = larger;
    }
    *ret_len = used;
    return bytes;
}

static char *read_file(const char *path, size_t *ret_len) {
    if (strcmp(path, "-") == 0) return read_stream(stdin, ret_len);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return NULL;
    char *bytes = read_stream(stream, ret_len);
    int saved = errno;
    (void)fclose(stream);
    errno = saved;
    return bytes;
}

static int print_document(const char *bytes, size_t len) {
    json_t *document = hansa_codec_x12_document(bytes, len);
    if (document == NULL) {
        (void)fprintf(stderr, "hansa edi parse: out of memory\n");
        return EXIT_TROUBLE;
    }
    int status = hansa_codec_x12_document_is_accepted(document) ? EXIT_READ : EXIT_REFUSED;
    int failed = json_dumpf(document, stdout, JSON_INDENT(2));
    json_decref(document);
    if (failed != 0 || putchar('\n') == EOF || fflush(stdout) != 0) {
        (void)fprintf(stderr, "hansa edi parse: cannot write: %s\n", strerror(errno));
        return EXIT_TROUBLE;
    }
    return status;
}

int hansa_exchange_edi_command(int argc, char **argv) {
    static const char usage[] = "usage: hansa edi parse FILE   (FILE - is the standard input)\n"
                                "Prints what the file holds as JSON. Status 0: read, 1: refused, 2: trouble.\n";
    int first = argc > 0 && strcmp(argv[0], "parse") != 0 ? 1 : 0;
    if (argc - first == 1 && strcmp(argv[first], "--help") == 0)
        return fputs(usage, stdout) == EOF ? EXIT_TROUBLE : EXIT_READ;
    if (argc - first != 2 || strcmp(argv[first], "parse") != 0) {
        (void)fputs(usage, stderr);
        return EXIT_TROUBLE;
    }
    size_t len = 0;
    char *bytes = read_file(argv[first + 1], &len);
    if (bytes == NULL) {
        (void)fprintf(stderr, "hansa edi parse: %s: %s\n", argv[first + 1], strerror(errno));
        return EXIT_TROUBLE;
    }
    int status = print_document(bytes, len);
    free(bytes);
    return status;
}
