/* SPDX-License-Identifier: BSD-2-Clause */
/* strata watch --sockets. */
#ifndef STRATA_CLI_WATCH_SOCKETS_H
#define STRATA_CLI_WATCH_SOCKETS_H

#include "cli/cli.h"

/* The exit code: 1 when there was a finding. */
int watch_sockets(struct cli *c);

#endif
