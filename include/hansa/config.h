/* Settings of the process, read once at start from file, environment and flags; const afterwards, any thread.
 * The list is config.def. Errors are printed to stderr naming the setting (promise S5). */
#ifndef HANSA_CONFIG_H
#define HANSA_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HANSA_KIND_TEXT const char *
#define HANSA_KIND_SECRET const char *
#define HANSA_KIND_NUMBER int64_t
#define HANSA_KIND_FLAG bool

struct hansa_config {
#define HANSA_SETTING(name, kind, fallback, minimum, maximum, help) HANSA_KIND_##kind name;
#include <hansa/config.def>
#undef HANSA_SETTING
};

/* Reads the settings; consumes known flags from argv (argv[0] is the sub-command) and refuses what is left unless
 * `ret_rest` is given, which then receives the index of the first argument that is no flag. False = told on stderr. */
bool hansa_config_read(int argc, char **argv, int *ret_rest);

/* The settings; valid after hansa_config_read. */
const struct hansa_config *hansa_config(void);
const char *hansa_config_public_url(void);

/* Prints every setting with its value and where it came from; secrets as "(set)". */
void hansa_config_print(FILE *out);
/* Prints flags and help, for --help. */
void hansa_config_help(FILE *out);

#endif
