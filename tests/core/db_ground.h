/* What the tests of the way to PostgreSQL share: a table of statements of their own in place of the endpoints', a walled table,
 * and what was asked and told. One loop, one database a test. */
#ifndef HANSA_TESTS_DB_GROUND_H
#define HANSA_TESTS_DB_GROUND_H

#include "core/db.h"
#include "support/database.h"

#define TENANT_A "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
#define TENANT_B "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c"

extern const struct hansa_statement statements[];
enum { TENANT, INSERT, DIVIDE, SLEEP, DIE, TOUCH, BY_NAME, ROWS };

enum { ASKED_MAX = 512 };
struct asked {
    char value[16];
    struct hansa_unit_lead lead;
    bool is_told;
    enum hansa_unit_outcome outcome;
    char state[6], text[128];
};
extern struct asked asked[ASKED_MAX];
extern size_t asked_count, told_count;
extern struct hansa_test_database database;
extern h2o_loop_t *loop;
extern struct hansa_db *db;

struct hansa_unit *submit_for(int which, const char *tenant, int value, bool is_read_only, uint64_t deadline_ms);
struct asked *submit(int which, const char *tenant, int value);
/* Lets the loop go round. */
void turn(int times);
void wait_told(size_t count);
void wait_ready(void);
size_t count_rows(const char *where);

#endif
