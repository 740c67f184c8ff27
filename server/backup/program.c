/* The child's connection goes by libpq's variables (PGHOST, PGPASSWORD …), which only the same user and root can read. They are
 * those of a connection that stands, so that both speak to the same server even where the settings name several: a snapshot is
 * of one server. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <hansa/config.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VARIABLES_MOST = 512, WORDS_MOST = 24 };

extern char **environ;

/* "NAME=value" texts, malloc'd; ended by NULL. */
struct surroundings {
    char *texts[VARIABLES_MOST];
    size_t count;
};

static void put(struct surroundings *around, const char *name, const char *value) {
    char *text = NULL;
    if (around->count + 1 >= VARIABLES_MOST || asprintf(&text, "%s=%s", name, value) < 0) abort();
    around->texts[around->count++] = text;
}

static void surroundings_make(struct surroundings *around, const PGconn *pg) {
    *around = (struct surroundings){.count = 0};
    for (char **one = environ; *one != NULL; one++) {
        const char *equals = strchr(*one, '=');
        /* of ours a child needs nothing, and a setting of libpq from the outside would speak of another database */
        if (equals == NULL || strncmp(*one, "PG", 2) == 0 || strncmp(*one, "HANSA_", 6) == 0) continue;
        char *name = strndup(*one, (size_t)(equals - *one));
        if (name == NULL) abort();
        put(around, name, equals + 1);
        free(name);
    }
    PQconninfoOption *options = pg == NULL ? NULL : PQconninfo((PGconn *)(uintptr_t)pg);
    for (const PQconninfoOption *one = options; one != NULL && one->keyword != NULL; one++) {
        bool is_place = strcmp(one->keyword, "host") == 0 || strcmp(one->keyword, "hostaddr") == 0 ||
                        strcmp(one->keyword, "port") == 0;
        if (one->envvar != NULL && one->val != NULL && one->val[0] != '\0' && !is_place)
            put(around, one->envvar, one->val);
    }
    PQconninfoFree(options);
    if (pg == NULL) return;
    put(around, "PGHOST", PQhost(pg));
    put(around, "PGPORT", PQport(pg));
}

static void surroundings_forget(struct surroundings *around) {
    for (size_t i = 0; i < around->count; i++) {
        OPENSSL_cleanse(around->texts[i], strlen(around->texts[i]));
        free(around->texts[i]);
    }
}

/* Does not come back. */
static void child_become(const char *path, const char *const words[], char *const variables[], int out, pid_t parent) {
    char *argv[WORDS_MOST + 2] = {(char *)(uintptr_t)path};
    for (size_t i = 0; words[i] != NULL && i < WORDS_MOST; i++)
        argv[i + 1] = (char *)(uintptr_t)words[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDWR);
    if (getppid() != parent || nothing < 0 || dup2(nothing, 0) < 0 || dup2(out < 0 ? nothing : out, 1) < 0) _exit(126);
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    execve(path, argv, variables);
    _exit(127);
}

/* The status of waitpid; -1 = not even started. `out` is the child's standard output; -1 = dropped. */
static int run(const char *path, const PGconn *pg, const char *const words[], int out) {
    struct surroundings around;
    surroundings_make(&around, pg);
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) child_become(path, words, around.texts, out, parent);
    surroundings_forget(&around);
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return pid > 0 ? status : -1;
}

static bool version_ask(struct hansa_backup_program *program) {
    int ends[2];
    if (access(program->path, X_OK) != 0 || pipe2(ends, O_CLOEXEC) != 0) return false;
    int status = run(program->path, NULL, (const char *const[]){"--version", NULL}, ends[1]);
    close(ends[1]);
    ssize_t len = read(ends[0], program->version, sizeof program->version - 1);
    close(ends[0]);
    program->version[len > 0 ? len : 0] = '\0';
    program->version[strcspn(program->version, "\n")] = '\0';
    const char *number = strstr(program->version, "(PostgreSQL) ");
    program->major = number == NULL ? 0 : (int)strtol(number + strlen("(PostgreSQL) "), NULL, 10);
    return status == 0 && program->major > 0;
}

static bool path_search(const char *name, struct hansa_backup_program *program) {
    const char *at = getenv("PATH");
    for (at = at == NULL ? "/usr/bin:/bin" : at; *at != '\0'; at += *at == ':') {
        size_t len = strcspn(at, ":");
        int wrote = snprintf(program->path, sizeof program->path, "%.*s/%s", (int)len, at, name);
        if (len > 0 && at[0] == '/' && wrote > 0 && (size_t)wrote < sizeof program->path && version_ask(program))
            return true;
        at += len;
    }
    return false;
}

bool hansa_backup_program_find(const char *name, int server_major, struct hansa_backup_program *ret_program) {
    const char *own = hansa_config()->pg_bin_dir;
    bool is_found;
    *ret_program = (struct hansa_backup_program){.major = 0};
    if (own[0] != '\0') {
        is_found = hansa_folder_path(ret_program->path, own, name) && version_ask(ret_program);
    } else {
        snprintf(ret_program->path, sizeof ret_program->path, "/usr/lib/postgresql/%d/bin/%s", server_major, name);
        is_found = (server_major > 0 && version_ask(ret_program)) || path_search(name, ret_program);
    }
    if (!is_found) {
        fprintf(
            stderr,
            "hansa: there is no %s that runs, in %s: install postgresql-client-%d, or name its folder (pg_bin_dir)\n",
            name, own[0] != '\0' ? own : "PATH", server_major > 0 ? server_major : 15);
        return false;
    }
    if (ret_program->major >= server_major) return true;
    fprintf(stderr, "hansa: %s is %s, and the server is PostgreSQL %d: an older program cannot read a newer server\n",
            ret_program->path, ret_program->version, server_major);
    return false;
}

bool hansa_backup_program_run(const struct hansa_backup_program *program, const PGconn *pg, const char *const words[]) {
    int status = run(program->path, pg, words, -1);
    if (status == 0) return true;
    if (status == -1)
        fprintf(stderr, "hansa: %s: %s\n", program->path, strerror(errno));
    else if (WIFSIGNALED(status))
        fprintf(stderr, "hansa: %s was killed by signal %d\n", program->path, WTERMSIG(status));
    else
        fprintf(stderr, "hansa: %s ended with status %d\n", program->path, WEXITSTATUS(status));
    return false;
}
