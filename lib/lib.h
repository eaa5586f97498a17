/* SPDX-License-Identifier: BSD-2-Clause */
/* What the handles of strata.h are made of. Internal to lib/. */
#ifndef STRATA_LIB_LIB_H
#define STRATA_LIB_LIB_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/packet.h"
#include "core/plan.h"
#include "core/registry.h"
#include "core/tree.h"
#include "dissect/check.h"
#include "lib/strata.h"

struct strata {
	struct registry *reg;
	unsigned plan_flags; /* for plan_parse: PLAN_NO_FILES */
};

struct report;
struct printer;

struct strata_packet {
	const struct registry *reg;
	unsigned plan_flags;
	struct packet pkt;
	struct buf own;                  /* bytes that are ours */
	struct tree tree[PACKET_LAYERS]; /* fields, where bit i of decoded is set */
	uint32_t decoded;
	struct tree scratch;
	struct arena mem; /* texts handed out */
	struct buf text;
	struct check check;
	struct strata_note *notes;
	bool checked;
	struct report *report; /* of the form asked for last */
	int form;
	char *fields;
	struct printer *printer;
	char device[64];
};

/* Give the caller's struct what e says. Returns -1. */
int lib_fail(struct strata_error *out, const struct err *e);
/* The same for an error found here. */
int lib_error(struct strata_error *out, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* p is about to hold another packet: what was said of the old one is forgotten. */
void packet_forget(struct strata_packet *p);
/* Show a packet that has its layers; its bytes are borrowed. */
void packet_borrow(struct strata_packet *p, const struct packet *pkt);
/* The fields of layer i; NULL: no memory. */
struct tree *packet_tree(struct strata_packet *p, unsigned i);
void *no_memory_at(struct strata_error *e);
uint64_t lib_seed(uint64_t seed); /* a random one for 0 */

#endif
