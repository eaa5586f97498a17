/* SPDX-License-Identifier: BSD-2-Clause */
/* Several threads that print the packets of files. One reads, dissects and learns, since what a
 * packet says of later ones counts in their order; filters and printing, which are ten times the
 * work, are shared out in batches. What is printed is the same, byte for byte, as with one. */
#ifndef STRATA_CLI_CREW_H
#define STRATA_CLI_CREW_H

#include "cli/show.h"

struct crew;

/* threads: with the caller, from 2 on. o: what s was opened with. Begin before the seals: they
 * hold for all threads. NULL: e. */
struct crew *crew_open(struct showing *s, const struct show_opts *o, unsigned threads,
		       struct err *e);
/* As show_packet of s, but it may be printed later; p and what it points to is copied, ifname is
 * not. enum show_result. */
int crew_packet(struct crew *c, struct packet *p, const char *ifname, struct err *e);
/* All that came so far is printed, and counted in s. enum show_result. */
int crew_drain(struct crew *c, struct err *e);
/* Accepts NULL. What was not drained is lost. */
void crew_close(struct crew *c);

#endif
