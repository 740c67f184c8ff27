/* libpq tells a refused connection in words only; but the words can be asked to be the SQLSTATE. */
#include "closed.h"

#include <hansa/config.h>
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

enum { WAIT_MS = 2000, WAITS_MOST = 20 };

/* "insufficient_privilege": for a connection it means that the role has no right to this database. */
static const char refused[] = "42501";

bool hansa_database_is_closed(void) {
    PGconn *pg = PQconnectStart(hansa_config()->database_url);
    bool is_waiting = pg != NULL && PQstatus(pg) != CONNECTION_BAD;
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    if (pg != NULL) PQsetErrorVerbosity(pg, PQERRORS_SQLSTATE);
    for (int waits = 0; is_waiting && waits < WAITS_MOST; waits++) {
        struct pollfd socket = {.fd = PQsocket(pg), .events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (poll(&socket, 1, WAIT_MS) <= 0) break;
        next = PQconnectPoll(pg);
        is_waiting = next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING;
    }
    bool is_closed = next == PGRES_POLLING_FAILED && strstr(PQerrorMessage(pg), refused) != NULL;
    PQfinish(pg);
    return is_closed;
}
