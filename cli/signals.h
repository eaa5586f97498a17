/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGINT and its kin. The one place with global state: a handler has nothing else. */
#ifndef STRATA_CLI_SIGNALS_H
#define STRATA_CLI_SIGNALS_H

#include <stdbool.h>

struct source;

/* How often SIGINT, SIGTERM or SIGHUP came, those within 0.2 s counted as one. Once: end well;
 * twice: end now; the third time kills. */
extern volatile int signals_stop;
/* How often SIGUSR1 came: tell how far it is. */
extern volatile int signals_progress;

/* Ignore SIGPIPE and SIGXFSZ (writes fail with an error instead), take the others. */
void signals_init(void);
/* A source to be ended by the signals (source_break); NULL: none. */
void signals_watch(struct source *s);

#endif
