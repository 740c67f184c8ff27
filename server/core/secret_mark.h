/* Is secret_file the one that this database was sealed under? A server with another would open no second factor and no link, and
 * seal what its neighbours cannot open; so it is refused at start (decision 0051). The database keeps a mark of the secret, from
 * which nothing leads back to it. */
#ifndef HANSA_SECRET_MARK_H
#define HANSA_SECRET_MARK_H

#include "chore.h"

#include <libpq-fe.h>
#include <stdbool.h>

enum hansa_secret_verdict {
    HANSA_SECRET_OURS,
    HANSA_SECRET_OTHER,
    HANSA_SECRET_MISSING,
    HANSA_SECRET_UNTOLD /* the database did not say: gone, locked, or not migrated yet */
};

/* Asks, and marks a database that has no mark yet. A command's thread, or that of the chores; blocks. */
enum hansa_secret_verdict hansa_secret_ask(PGconn *pg);
/* What is wrong with secret_file then, for people. */
const char *hansa_secret_fault(enum hansa_secret_verdict verdict);

/* Before anybody is listened to, for while another server still serves on our addresses, what came to us would wait: false = it is
 * not, and the log says so. Asked by a process of its own, since the parent has no database (decision 0039), and for 2 s at most. When
 * the database did not say, hansa_secret_checking goes on asking from what serves, once a second, and ends it with 2 when the answer
 * is no. */
bool hansa_secret_start(void);
extern const struct hansa_chore hansa_secret_checking;

#endif
