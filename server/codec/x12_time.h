/* Dates, times and zones as X12 writes them. Pure; any thread; texts returned as const char * live as long as the process. */
#ifndef HANSA_CODEC_X12_TIME_H
#define HANSA_CODEC_X12_TIME_H

#include "codec/x12.h"

#include <stdbool.h>

#define HANSA_CODEC_LOCAL_TIME_SIZE 20 /* "2026-03-10T10:42:00" and NUL */
#define HANSA_CODEC_ZONE_SIZE 40

enum hansa_codec_x12_time_result {
    HANSA_CODEC_X12_TIME_OK,
    HANSA_CODEC_X12_TIME_ASSUMED, /* no time given: 00:00 was written */
    HANSA_CODEC_X12_DATE_UNREADABLE,
    HANSA_CODEC_X12_TIME_UNREADABLE
};

/* Turns CCYYMMDD and HHMM, HHMMSS, or HHMMSS with one or two decimals (dropped) into "YYYY-MM-DDTHH:MM[:SS]", the clock of
 * a place or zone that is not said here. Years 1980 to 2099. 2400 is midnight at the day's end; a leap second becomes 59.
 * `allows_short_year` also takes YYMMDD as of 1980 to 2079, which versions before 004010 sent. */
enum hansa_codec_x12_time_result hansa_codec_x12_local_time(struct hansa_codec_view date, struct hansa_codec_view time,
                                                            bool allows_short_year,
                                                            char ret_time[HANSA_CODEC_LOCAL_TIME_SIZE]);

enum hansa_codec_x12_zone_result {
    HANSA_CODEC_X12_ZONE_GIVEN,  /* ret_zone is an IANA name or a fixed offset such as "-05:00" */
    HANSA_CODEC_X12_ZONE_LOCAL,  /* LT or nothing: the local time of the place */
    HANSA_CODEC_X12_ZONE_UNKNOWN /* a code that nobody knows: treat it as local and say so */
};

/* Reads a time code (element 623): letters of zones.def, P or M and hours (also hours and minutes), 01..12 for P01..P12 and
 * 13..24 for M12..M01. */
enum hansa_codec_x12_zone_result hansa_codec_x12_zone(struct hansa_codec_view code,
                                                      char ret_zone[HANSA_CODEC_ZONE_SIZE]);

/* The IANA zone of most of a place, or NULL when it cannot be told. Country is ISO 3166 (alpha-2; USA, CAN, MEX and UK are
 * understood too); without a country the state must be one of the USA or Canada, whose codes differ. */
const char *hansa_codec_place_zone(struct hansa_codec_view country, struct hansa_codec_view state);

#endif
