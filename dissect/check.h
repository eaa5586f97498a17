/* SPDX-License-Identifier: BSD-2-Clause */
/* Every rule read the other way: what a packet's lengths, counts, sums and constraints should be,
 * and where it differs. Malformed is data: nothing here fails on input. */
#ifndef STRATA_DISSECT_CHECK_H
#define STRATA_DISSECT_CHECK_H

#include "core/arena.h"
#include "core/packet.h"
#include "core/tree.h"

enum note_kind {
	NOTE_LENGTH, /* a length or count says something else than is there */
	NOTE_SUM,    /* a checksum is wrong */
	NOTE_RULE,   /* another computed field is wrong */
	NOTE_MUST,   /* a constraint of the description does not hold */
	NOTE_RAW,    /* bytes that the description does not fit */
	NOTE_HEADER, /* a header that does not fit, and not for want of captured bytes */
	NOTE_CUT,    /* the capture ends inside this header */
	NOTE_DEEP,   /* the limit of depth or work was reached; the rest was not looked into */
};

enum sum_verdict {
	SUM_ABSENT, /* the layer has no checksum */
	SUM_GOOD,
	SUM_NONE,     /* the protocol says that there is none (UDP's zero) */
	SUM_UNKNOWN,  /* cut, or a piece of something longer */
	SUM_UNFILLED, /* just the pseudo header's sum: the card was to fill it in (offload) */
	SUM_BAD,
};

struct note {
	uint8_t layer;
	uint8_t kind;     /* enum note_kind */
	uint32_t node;    /* in tree[layer]; 0: the layer itself */
	const char *text; /* a short phrase: "says 28, 8 present"; lives until the next check() */
};

struct sum_result {
	uint8_t layer;
	uint8_t verdict; /* enum sum_verdict */
	uint32_t node;
	uint64_t want; /* what it should be (good, bad, unfilled, none) */
};

/* "length", "checksum", "rule", ...: one word. */
const char *note_word(enum note_kind kind);

/* Reused from packet to packet; zero-initialised is valid. */
struct check {
	struct tree tree[PACKET_LAYERS]; /* the fields of each layer */
	unsigned nlayers;
	uint8_t sum[PACKET_LAYERS]; /* enum sum_verdict: the worst of the layer's sums */
	struct note *note;
	unsigned nnotes, note_cap;
	struct sum_result *sums;
	unsigned nsums, sum_cap;
	struct arena mem;
};

/* Decode every layer of a dissected packet and judge it. -1: memory is out. Not for two threads at
 * a time on one c. The trees and texts are valid until the next call; the packet must live as long.
 */
int check(struct check *c, const struct packet *p);
void check_done(struct check *c);

/* Judge one checksum node of a tree; *want: what it should hold. Thread-safe. */
enum sum_verdict sum_judge(const struct packet *p, unsigned layer, const struct tree *t,
			   uint32_t node, uint64_t *want);

enum sum_status { STATUS_BAD, STATUS_GOOD, STATUS_UNVERIFIED, STATUS_ABSENT };
/* The same in the numbers that Wireshark's CHECKSUM.status has. */
enum sum_status sum_status(const struct packet *p, unsigned layer, const struct tree *t,
			   uint32_t at);
/* Verdict on the checksum in node of a layer; SUM_ABSENT if it is none. */
enum sum_verdict check_sum(const struct check *c, unsigned layer, uint32_t node);
/* "ip", "ip.2": the layer's name among those of its kind. */
void layer_name(const struct packet *p, unsigned layer, struct buf *out);
/* "ip.2.len": where a note belongs. */
void note_place(const struct check *c, const struct packet *p, const struct note *n,
		struct buf *out);
/* All notes as text: "ip.len says 28, 8 present", `between` between them. */
void notes_put(const struct check *c, const struct packet *p, const char *between, struct buf *out);

#endif
