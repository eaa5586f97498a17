/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that may prove something, kept for as long as there is room. */
#ifndef STRATA_WATCH_PROOF_H
#define STRATA_WATCH_PROOF_H

#include <stddef.h>

#include "core/packet.h"

struct kept {
	uint64_t number;
	int64_t when;
	size_t off;
	uint32_t len, wire_len, ifindex;
	uint16_t link;
	uint8_t flags;
	bool given;
};

enum proof_found {
	PROOF_GONE,  /* not kept any more */
	PROOF_AGAIN, /* asked for before */
	PROOF_HERE,
};

struct proof { /* zero-initialised is empty, and keeps nothing */
	uint8_t *bytes;
	size_t size, at; /* where the next one goes */
	struct kept *v;  /* a ring */
	uint32_t cap, first, n;
};

/* size: bytes of packets. False: memory is out. */
bool proof_open(struct proof *k, size_t size);
void proof_done(struct proof *k);
/* Keep a copy; those in its way go. The same packet again is kept once. */
void proof_keep(struct proof *k, const struct packet *p);
/* Find one. p is borrowed until the next proof_keep(). */
enum proof_found proof_find(struct proof *k, uint64_t number, struct packet *p);

#endif
