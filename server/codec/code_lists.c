/* The lists of ISO, as words with one blank between them. */
#include "codec/code_lists.h"

#include <string.h>

/* ISO 3166-1 alpha-2, officially assigned, as of 2026, and XK: user-assigned, and what carriers, CLDR and the European Commission
 * write for Kosovo. */
static const char countries[] = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL "
                                "BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV "
                                "CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD "
                                "GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM "
                                "IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK "
                                "LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW "
                                "MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR "
                                "PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS "
                                "ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY "
                                "UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

static bool is_listed(const char *list, size_t width, const char *text, size_t len) {
    if (len != width) return false;
    for (; *list != '\0'; list += list[width] == ' ' ? width + 1 : width)
        if (memcmp(list, text, width) == 0) return true;
    return false;
}

bool hansa_codec_country_is_known(const char *text, size_t len) {
    return is_listed(countries, 2, text, len);
}

int hansa_codec_currency_places(const char *text, size_t len) {
    static const char *const by_places[] = {
#define HANSA_CURRENCIES(places, list) [places] = (list),
#include "codec/currencies.def"
#undef HANSA_CURRENCIES
    };
    for (size_t places = 0; places < sizeof by_places / sizeof by_places[0]; places++)
        if (by_places[places] != NULL && is_listed(by_places[places], 3, text, len)) return (int)places;
    return -1;
}
