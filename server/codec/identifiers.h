/* Numbers of the trade that carry their own proof or a fixed form: SSCC, GLN, containers, postal items, air waybills,
 * places and carriers.
 *
 * Pure functions over `text` of `len` bytes; no NUL is needed. Nothing is allocated or kept, so any thread may call them.
 * The `_is_valid` functions are strict: capital letters, no blanks, nothing before or after. Clean what a person or a
 * scanner gave with the `_normalise` functions first.
 */
#ifndef HANSA_CODEC_IDENTIFIERS_H
#define HANSA_CODEC_IDENTIFIERS_H

#include <stdbool.h>
#include <stddef.h>

#define HANSA_CODEC_SSCC_LEN 18
#define HANSA_CODEC_GLN_LEN 13
#define HANSA_CODEC_CONTAINER_LEN 11
#define HANSA_CODEC_S10_LEN 13
#define HANSA_CODEC_AIR_WAYBILL_LEN 11

/* GS1 check digit (General Specifications, mod 10 with weights 3 and 1 from the right) for `digits` that do not hold it yet.
 * Returns 0..9, or -1 when there is no digit or another character. */
int hansa_codec_gs1_check_digit(const char *digits, size_t len);

/* 18 digits with a right check digit. Eighteen zeros compute well and are refused: no one was ever given that number. */
bool hansa_codec_sscc_is_valid(const char *text, size_t len);

/* Finds the 18 digits in what a label or a scanner gives: a leading ]C1, ]e0, ]d2 or ]Q3, FNC1 (0x1D), blanks, (00), or the bare
 * application identifier 00 before 18 digits. Writes them with a NUL and returns true; the check digit is not looked at.
 * Anything else returns false and leaves ret_sscc alone. */
bool hansa_codec_sscc_normalise(const char *text, size_t len, char ret_sscc[HANSA_CODEC_SSCC_LEN + 1]);

/* 13 digits with a right GS1 check digit, not all zero. */
bool hansa_codec_gln_is_valid(const char *text, size_t len);

/* ISO 6346 check digit of owner code, category and serial number (10 characters). Returns 0..9, or -1 when the form is wrong. */
int hansa_codec_container_check_digit(const char *text, size_t len);

/* ISO 6346 number of a freight container: three letters, U, J or Z, six digits, check digit. A remainder of ten is written 0. */
bool hansa_codec_container_is_valid(const char *text, size_t len);

/* Drops blanks and hyphens and makes letters capital. True when 11 characters of the right form came out; the check digit
 * is not looked at, because real traffic holds wrong ones that are kept and flagged. */
bool hansa_codec_container_normalise(const char *text, size_t len, char ret_number[HANSA_CODEC_CONTAINER_LEN + 1]);

/* UPU S10 check digit of the 8 digits of the serial number. Returns 0..9, or -1 when they are not 8 digits. */
int hansa_codec_s10_check_digit(const char *digits, size_t len);

/* UPU S10 number of a postal item: two letters, eight digits, check digit, two letters of the country. */
bool hansa_codec_s10_is_valid(const char *text, size_t len);

/* Form of a UN/LOCODE written without a blank: two letters, then three of A-Z and 2-9. Whether the place exists is not known here. */
bool hansa_codec_unlocode_has_form(const char *text, size_t len);

/* Form of a SCAC: two to four capital letters. The directory is licensed and not in this tree. */
bool hansa_codec_scac_has_form(const char *text, size_t len);

/* Air waybill: three digits of the airline, seven of the serial number and its remainder by 7. */
bool hansa_codec_air_waybill_is_valid(const char *text, size_t len);

/* Drops blanks and hyphens ("020-1234 5675"). True when 11 digits came out; the check digit is not looked at. */
bool hansa_codec_air_waybill_normalise(const char *text, size_t len, char ret_number[HANSA_CODEC_AIR_WAYBILL_LEN + 1]);

#endif
