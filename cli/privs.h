/* SPDX-License-Identifier: BSD-2-Clause */
/* Rights are given up as soon as the sockets are open, before the first byte of a packet is looked
 * at. */
#ifndef STRATA_CLI_PRIVS_H
#define STRATA_CLI_PRIVS_H

#include <stdbool.h>

#include "core/err.h"

struct privs_opts {
	bool keep_raw;    /* CAP_NET_RAW is kept: more sockets will be opened */
	bool keep_look;   /* so are those that reading /proc/PID/fd of others takes */
	bool keep_uid;    /* stay who we are (files are still to be written as root) */
	const char *user; /* -Z: become this user; an error when that is not possible */
};

/* No capabilities but those asked for; no new privileges by exec; not uid 0: the user of
 * -Z, else who called sudo, else nobody (these two only where the kernel lets us). For an ordinary
 * user without capabilities nothing but the second remains to be done. -1: e. */
int privs_drop(const struct privs_opts *o, struct err *e);
/* True if this process may open raw sockets. */
bool privs_raw(void);

#endif
