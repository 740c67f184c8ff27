/* Codes of ISO: countries (3166-1) and currencies (4217).
 *
 * Pure functions over `text` of `len` bytes; any thread.
 */
#ifndef HANSA_CODEC_CODE_LISTS_H
#define HANSA_CODEC_CODE_LISTS_H

#include <stdbool.h>
#include <stddef.h>

/* Two capital letters of a country; XK is one. */
bool hansa_codec_country_is_known(const char *text, size_t len);

/* Decimals of the minor unit of a currency: 2 for EUR, 0 for JPY, 3 for KWD; -1 when there is no such currency. */
int hansa_codec_currency_places(const char *text, size_t len);

#endif
