/* Numbers of the trade that prove themselves, by their kind: does one have the form, and if only its check digit is wrong, which
 * one would be right. On top of codec/identifiers.h, for those who must tell a person.
 *
 * Pure functions over `text` of `len` bytes; any thread.
 */
#ifndef HANSA_CODEC_CHECKED_NUMBER_H
#define HANSA_CODEC_CHECKED_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

enum hansa_codec_number { HANSA_CODEC_SSCC, HANSA_CODEC_GLN, HANSA_CODEC_CONTAINER, HANSA_CODEC_AWB, HANSA_CODEC_S10 };

enum hansa_codec_number_verdict {
    HANSA_CODEC_NUMBER_RIGHT,
    HANSA_CODEC_NUMBER_WRONG_DIGIT, /* the form is right, the check digit is not */
    HANSA_CODEC_NUMBER_NO_FORM,
};

enum { HANSA_CODEC_NUMBER_MAX = 18 }; /* the longest of them */

/* Looks at a number written without blanks. On WRONG_DIGIT writes the right check digit. */
enum hansa_codec_number_verdict hansa_codec_number_check(enum hansa_codec_number kind, const char *text, size_t len,
                                                         char *ret_digit);

/* Drops blanks, hyphens, dots, slashes and what a label prints around an SSCC; makes letters capital. Returns the length; of what
 * is too long to be such a number only the beginning, which has no form. `ret_text` is ended by NUL. */
size_t hansa_codec_number_clean(enum hansa_codec_number kind, const char *text, size_t len,
                                char ret_text[HANSA_CODEC_NUMBER_MAX + 2]);

/* The kind of a reference (CONTAINER, AWB, SSCC, GLN, S10); false for kinds that anybody makes as he likes. */
bool hansa_codec_number_kind(const char *word, enum hansa_codec_number *ret_kind);

/* "an SSCC of 18 digits with a right check digit", and "this SSCC". */
const char *hansa_codec_number_form(enum hansa_codec_number kind);
const char *hansa_codec_number_name(enum hansa_codec_number kind);

#endif
