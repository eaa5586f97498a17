/* SPDX-License-Identifier: BSD-2-Clause */
/* libnet's own injection contexts, for `--sender libnet`. Implemented in libnet_blocks.c, the one
 * file that knows libnet. */
#ifndef STRATA_CRAFT_INJECT_H
#define STRATA_CRAFT_INJECT_H

#include <stdint.h>

#include "core/err.h"

enum inject_form { INJECT_LINK, INJECT_FOUR, INJECT_SIX };

struct inject;

/* ifname: for LINK; others may be NULL. Needs CAP_NET_RAW (ERR_PERM). */
struct inject *inject_open(enum inject_form form, const char *ifname, struct err *e);
void inject_close(struct inject *x);
/* One frame or packet, n > 0 bytes: 1.1.6 crashes on an empty one. */
int inject_write(struct inject *x, const uint8_t *p, uint32_t n, struct err *e);

#endif
