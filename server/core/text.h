/* Text from outside: is it UTF-8, is it in Unicode normal form C, does it hold characters that hide or reorder others.
 *
 * Pure functions over `text` of `len` bytes; no NUL is needed at the end. Any thread. Rules: promise I4; NFC from Unicode
 * Standard Annex 15 (libutf8proc 2.8, Unicode 15).
 */
#ifndef HANSA_CORE_TEXT_H
#define HANSA_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* What a text may hold beside visible characters. */
enum hansa_text_kind {
    HANSA_TEXT_LINE,      /* nothing */
    HANSA_TEXT_MULTILINE, /* line feed and tab */
    HANSA_TEXT_TOKEN,     /* one line; blanks only inside, no invisible or unassigned characters */
};

/* Strict UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF. */
bool hansa_text_is_utf8(const char *text, size_t len);

/* How many code points a valid UTF-8 text holds. */
size_t hansa_text_length(const char *text, size_t len);

/* Returns NULL when the text is fit, else a static phrase of what is expected: "text in Unicode normal form C". Refuses
 * wrong UTF-8, controls (C0, DEL, C1), line and paragraph separators, bidirectional controls, more than 30 combining
 * characters in a row (Stream-Safe Text Format), text that is not NFC. Linear in `len`. */
const char *hansa_text_check(const char *text, size_t len, enum hansa_text_kind kind);

/* The text in normal form C, malloc'd and ended by NUL, for texts of partners whom nobody can ask to send it again.
 * NULL when it is not UTF-8, holds a NUL, has more than 30 combining characters in a row or memory is out. */
char *hansa_text_nfc(const char *text, size_t len, size_t *ret_len);

/* How a text that somebody typed or pasted is put in order. */
enum hansa_text_care {
    HANSA_TEXT_KEPT,   /* normal form C and no U+FEFF: what nobody may trim, such as a password */
    HANSA_TEXT_TRIM,   /* also without blanks around it, of whatever kind */
    HANSA_TEXT_DIGITS, /* also with plain blanks inside, and without invisible characters: numbers */
};

/* The text as it was meant, malloc'd and ended by NUL; NULL when memory is out. What is not UTF-8, or has more combining
 * characters in a row than hansa_text_check takes, keeps its form, so that the check can say so. Linear in `len`. */
char *hansa_text_tidy(const char *text, size_t len, enum hansa_text_care care, size_t *ret_len);

/* How many decimal digits a valid UTF-8 text holds: ASCII, full-width, Arabic, Persian and Devanagari, those that SQL takes for digits
 * when it compares numbers (orders.number_key_wide, crm.phone_plain). */
size_t hansa_text_digits(const char *text, size_t len);

/* True when nobody would see anything: blanks, invisible characters and fillers only. An empty text is blank. */
bool hansa_text_is_blank(const char *text, size_t len);

/* The largest prefix of at most `most` bytes that does not cut a character. */
size_t hansa_text_cut(const char *text, size_t len, size_t most);

/* "<lead> a, b, c." into `to`, which ends by NUL; when `size` (at least 8 more than the lead) does not hold all words, the
 * rest is " …". Words: NULL-terminated, without commas. */
enum { HANSA_TEXT_WORDS_MAX = 40 }; /* more than a refusal has room for */
void hansa_text_words(char *to, size_t size, const char *lead, const char *const *words);

#endif
