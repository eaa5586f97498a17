/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in a stream: where one ends, by the `message` rule of its protocol. */
#include "core/message.h"

/* Were all fields that the rule reads there in full? Those of a condition that does not hold are
 * absent in any case. */
static bool known(const struct expr *x, const struct tree *t, unsigned depth)
{
	if (!x || depth > 16)
		return true;
	if (x->op == EX_FIELD && x->local >= 0) {
		uint32_t at = tree_child(t, 0, (unsigned)x->local);

		if (at == NODE_NONE)
			return t->proto->rec.fields[x->local].cond != NULL;
		return !(t->v[at].flags & (NODE_CUT | NODE_RAW));
	}
	return known(x->a, t, depth + 1) && known(x->b, t, depth + 1) && known(x->c, t, depth + 1);
}

int64_t message_length(const struct proto *proto, const uint8_t *p, uint32_t n,
		       struct tree *scratch)
{
	/* More may come: a packet that was cut, so that short is not malformed. */
	struct packet pkt = { .data = p, .len = n, .wire_len = n < PACKET_MAX ? PACKET_MAX : n };
	int64_t len;

	if (n < proto->message_min || !n || decode_header(scratch, &pkt, proto, 0, n) ||
	    !known(proto->message, scratch, 0))
		return 0;
	len = expr_eval(proto->message, scratch, 0, NULL);
	return len <= 0 ? -1 : len;
}
