/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong in many packets, counted: a row for each place and kind of note. */
#ifndef STRATA_DISSECT_TALLY_H
#define STRATA_DISSECT_TALLY_H

#include "dissect/check.h"

#define TALLY_ROWS 10000u /* then what is new is only counted */

struct tally_row {
	const char *kind;        /* "checksum" */
	const char *at;          /* "ip.chksum", "dns.an.rdata": without the numbers of items */
	const char *text;        /* what the first one says; a rule's own words */
	uint64_t notes, packets; /* how many, in how many packets */
	uint64_t first;          /* number of the packet of the first one */
};

struct tally;

/* NULL: e (memory). Not for two threads at a time. */
struct tally *tally_open(struct err *e);
void tally_close(struct tally *t); /* NULL is fine */
/* Count the notes of a dissected packet, and the checksums that are not filled in. -1: memory is
 * out. */
int tally_packet(struct tally *t, const struct packet *p);
/* Count one that was found elsewhere, about layer i of p. -1: memory is out. */
int tally_add(struct tally *t, const struct packet *p, unsigned i, const char *kind,
	      const char *text);
/* The rows, the most notes first; borrowed, until the next packet. *left_out: notes that came when
 * there were TALLY_ROWS. */
const struct tally_row *tally_rows(struct tally *t, unsigned *n, uint64_t *left_out);

#endif
