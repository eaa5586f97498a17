/* SPDX-License-Identifier: BSD-2-Clause */
/* Is this the answer to that? Decided layer by layer from the `reply` rules of the descriptions. */
#ifndef STRATA_DISSECT_ANSWERS_H
#define STRATA_DISSECT_ANSWERS_H

#include "core/buf.h"
#include "core/packet.h"
#include "core/registry.h"
#include "core/tree.h"

enum answer {
	ANSWER_NO = 0,
	ANSWER_REPLY = 1, /* every layer that has a reply rule satisfies it */
	ANSWER_ERROR = 2, /* an error that quotes the request */
};

/* Both dissected. enum answer, or -1 when memory is out. why (or NULL): a sentence is appended that
 * says what differs, for ANSWER_NO. Layers outside those of the request (a link header around an IP
 * request) do not count. Thread-safe. */
int answers(const struct packet *reply, const struct packet *request, struct buf *why);

/* Does an address of so many bytes name a group, everybody or nobody? Who answers has another one.
 */
bool answers_any(const uint8_t *p, uint32_t n);

/* What answers() needs for a while, kept from call to call by who asks often; one for each thread.
 * Zero-initialised is valid. */
struct answers_work {
	struct tree reply, request;
};
void answers_work_done(struct answers_work *w);
int answers_with(struct answers_work *w, const struct packet *reply, const struct packet *request,
		 struct buf *why);

/* Is reply an answer that `anew` lines allow for: one that comes from elsewhere, so that nothing
 * says what stands in its last layer? Then it is dissected as the request's next layer. As
 * answers() otherwise. */
int answers_anew(const struct registry *reg, struct packet *reply, const struct packet *request,
		 struct tree *scratch);

enum mirror_flag {
	MIRROR_PAIRS = 0,  /* exchange the paired fields only */
	MIRROR_ANSWER = 1, /* also make what the reply rules ask for: the reply's type, numbers */
};
/* The packet with its paired fields exchanged, its bytes appended to out (sums are not mended).
 * Pairs twice is identity. 0; 1: some rule cannot be turned round, what could be was; -1: memory.
 */
int mirror(const struct packet *p, unsigned flags, struct buf *out);

/* What the reply rules want of an answer to layer `layer` of p, appended as the notation says it:
 * " type=2 ack=8". 1; 0: it is no question, or nothing is wanted of the answer; -1: memory. */
int mirror_says(const struct packet *p, unsigned layer, struct buf *out);
/* The same for a layer that was decoded. */
int mirror_says_of(const struct tree *t, struct buf *out);
/* The field of a decoded layer whose value stands in `field` when its pairs are exchanged. */
unsigned mirror_partner(const struct tree *t, unsigned field);

#endif
