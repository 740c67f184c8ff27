/* The sweep: stored bytes that no row names, because a server died between the two or because the row was deleted, are taken
 * away when they are older than files_orphan_s. The chores' thread, with a connection of its own. */
#ifndef HANSA_FILES_SWEEP_H
#define HANSA_FILES_SWEEP_H

#include "core/chore.h"

extern const struct hansa_chore hansa_files_sweeping;

#endif
