/* One table (config.def), four sources. Later wins: default, file, environment, flag.
 *
 * Values are kept as texts until all sources are read; then each is checked once and stored in the typed struct, so a
 * wrong value is told the same way wherever it came from. */
#include <hansa/config.h>

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_SECRET, KIND_NUMBER, KIND_FLAG };

struct setting {
    const char *name;
    enum kind kind;
    const char *fallback;
    int64_t minimum, maximum;
    const char *help;
    size_t offset;
};

static const struct setting settings[] = {
#define HANSA_SETTING(name, kind, fallback, minimum, maximum, help)                                                    \
    {#name, KIND_##kind, fallback, minimum, maximum, help, offsetof(struct hansa_config, name)},
#include <hansa/config.def>
#undef HANSA_SETTING
};
enum { SETTING_COUNT = sizeof(settings) / sizeof(settings[0]), LINE_MAX_BYTES = 4096 };

static struct hansa_config config;
static const char *texts[SETTING_COUNT];
static const char *origins[SETTING_COUNT];

static int setting_find(const char *name, size_t len) {
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (strlen(settings[i].name) != len) continue;
        size_t at = 0;
        while (at < len && (settings[i].name[at] == name[at] || (settings[i].name[at] == '_' && name[at] == '-')))
            at++;
        if (at == len) return i;
    }
    return -1;
}

static char *copy(const char *text, size_t len) {
    char *made = strndup(text, len);
    if (made == NULL) abort();
    return made;
}

static bool file_read(const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "hansa: --config: cannot read %s: %s\n", path, strerror(errno));
        return false;
    }
    char line[LINE_MAX_BYTES];
    bool ok = true;
    for (int number = 1; ok && fgets(line, sizeof line, file) != NULL; number++) {
        char *at = line + strspn(line, " \t");
        at[strcspn(at, "\r\n")] = '\0';
        if (*at == '#' || *at == '\0') continue;
        size_t name_len = strcspn(at, " \t=");
        char *value = at + name_len;
        value += strspn(value, " \t");
        int which = setting_find(at, name_len);
        if (which < 0 || *value != '=') {
            fprintf(stderr, "hansa: %s:%d: %s: %.*s\n", path, number, which < 0 ? "unknown setting" : "no = after",
                    (int)name_len, at);
            ok = false;
            break;
        }
        value += 1 + strspn(value + 1, " \t");
        size_t len = strlen(value);
        while (len > 0 && isspace((unsigned char)value[len - 1]))
            len--;
        texts[which] = copy(value, len);
        origins[which] = "file";
    }
    fclose(file);
    return ok;
}

static void environment_read(void) {
    for (int i = 0; i < SETTING_COUNT; i++) {
        char name[96] = "HANSA_";
        size_t at = strlen(name);
        for (const char *c = settings[i].name; *c != '\0' && at + 1 < sizeof name; c++)
            name[at++] = (char)toupper((unsigned char)*c);
        name[at] = '\0';
        const char *value = getenv(name);
        if (value != NULL) {
            texts[i] = value;
            origins[i] = "environment";
        }
    }
}

/* Flags in the form --name value, --name=value, and for FLAG settings --name alone. */
static bool flags_read(int argc, char **argv, int *ret_rest) {
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0 && argv[at][2] != '\0'; at++) {
        const char *name = argv[at] + 2;
        size_t len = strcspn(name, "=");
        if (len == strlen("config") && memcmp(name, "config", len) == 0) {
            if (name[len] == '\0') at++; /* was read before */
            continue;
        }
        int which = setting_find(name, len);
        if (which < 0) {
            if (ret_rest != NULL) break;
            fprintf(stderr, "hansa: unknown flag --%.*s\n", (int)len, name);
            return false;
        }
        origins[which] = "flag";
        if (name[len] == '=') {
            texts[which] = name + len + 1;
        } else if (settings[which].kind == KIND_FLAG && (at + 1 >= argc || strncmp(argv[at + 1], "--", 2) == 0)) {
            texts[which] = "on";
        } else if (at + 1 < argc) {
            texts[which] = argv[++at];
        } else {
            fprintf(stderr, "hansa: --%s needs a value\n", name);
            return false;
        }
    }
    if (ret_rest != NULL) {
        *ret_rest = at;
    } else if (at < argc) {
        fprintf(stderr, "hansa: unexpected argument %s\n", argv[at]);
        return false;
    }
    return true;
}

static bool flag_parse(const char *text, bool *ret_value) {
    static const char *const yes[] = {"on", "1", "true", "yes"}, *const no[] = {"off", "0", "false", "no"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(text, yes[i]) == 0) return *ret_value = true, true;
        if (strcmp(text, no[i]) == 0) return *ret_value = false, true;
    }
    return false;
}

static bool setting_store(int which) {
    const struct setting *setting = &settings[which];
    void *member = (char *)&config + setting->offset;
    const char *text = texts[which];
    if (setting->kind == KIND_TEXT || setting->kind == KIND_SECRET) {
        memcpy(member, &text, sizeof text);
        return true;
    }
    if (setting->kind == KIND_FLAG) {
        bool value;
        if (!flag_parse(text, &value)) {
            fprintf(stderr, "hansa: %s: must be on or off (from %s)\n", setting->name, origins[which]);
            return false;
        }
        memcpy(member, &value, sizeof value);
        return true;
    }
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < setting->minimum || value > setting->maximum) {
        fprintf(stderr, "hansa: %s: must be a whole number from %lld to %lld (from %s)\n", setting->name,
                (long long)setting->minimum, (long long)setting->maximum, origins[which]);
        return false;
    }
    memcpy(member, &value, sizeof value);
    return true;
}

bool hansa_config_read(int argc, char **argv, int *ret_rest) {
    for (int i = 0; i < SETTING_COUNT; i++) {
        texts[i] = settings[i].fallback;
        origins[i] = "default";
    }
    const char *path = getenv("HANSA_CONFIG");
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0) path = argv[i] + 9;
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) path = argv[i + 1];
    }
    if (path != NULL && !file_read(path)) return false;
    environment_read();
    if (!flags_read(argc, argv, ret_rest)) return false;
    bool ok = true;
    for (int i = 0; i < SETTING_COUNT; i++)
        ok &= setting_store(i);
    return ok;
}

const struct hansa_config *hansa_config(void) {
    return &config;
}

const char *hansa_config_public_url(void) {
    return config.public_url;
}

void hansa_config_print(FILE *out) {
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *text = settings[i].kind == KIND_SECRET && texts[i][0] != '\0' ? "(set)" : texts[i];
        fprintf(out, "%-20s = %-40s # %s\n", settings[i].name, text, origins[i]);
    }
}

void hansa_config_help(FILE *out) {
    for (int i = 0; i < SETTING_COUNT; i++) {
        char flag[64];
        snprintf(flag, sizeof flag, "--%s", settings[i].name);
        for (char *c = flag; *c != '\0'; c++)
            *c = *c == '_' ? '-' : *c;
        fprintf(out, "  %-24s %s [%s]\n", flag, settings[i].help, settings[i].fallback);
    }
}
