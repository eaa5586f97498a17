/* SPDX-License-Identifier: BSD-2-Clause */
/* Notes on a packet that was built: it is sent and shown as it was said, all the same. */
#include "cli/made.h"

#include "dissect/dissect.h"

/* Up to three that carry `proto`, as ": it stands in a, b". */
static void say_lower(const struct registry *r, const struct proto *proto, struct buf *out)
{
	struct edge edge;
	unsigned n = 0;

	for (unsigned i = 0; i < registry_count(r) && n < 3; i++) {
		const struct proto *low = registry_at(r, i);

		if (!registry_edge(r, low, proto, 0, &edge))
			continue;
		buf_str(out, n++ ? ", " : ": it stands in ");
		buf_str(out, low->name);
	}
}

/* A layer that nobody would read there: its neighbour below says that something else follows. */
static void tell_unread(const struct cli *c, const struct plan *plan, const struct packet *p)
{
	unsigned at = 0;
	struct buf b = { 0 };

	for (unsigned i = 0; i < plan->n; i++) {
		const struct proto *said = plan->layer[i].proto;
		unsigned k = at;

		if (!said)
			continue;
		while (k < p->nlayers && p->layers[k].proto != said)
			k++;
		if (k < p->nlayers) {
			at = k + 1;
			continue;
		}
		/* What a fragment holds is nobody's business. */
		if (at == 0 || (p->layers[at - 1].flags & (LAYER_OPAQUE | LAYER_DEEP)) ||
		    p->len < p->wire_len)
			return;
		buf_fmt(&b, "note: what follows %s is read as %s, not as %s",
			p->layers[at - 1].proto->name,
			at < p->nlayers ? p->layers[at].proto->name : "bytes", said->name);
		say_lower(plan->reg, said, &b);
		if (!b.failed)
			say(c, "%s", buf_cstr(&b));
		buf_done(&b);
		return;
	}
}

void tell_made(const struct cli *c, const struct plan *plan, const struct build *b,
	       const struct packet *first, struct tree *scratch)
{
	struct packet p = *first;

	for (unsigned i = 0; b && i < b->nnotes; i++)
		say(c, "note: %s", b->notes[i].text);
	if (p.link == LINK_NONE || p.len == 0)
		return;
	dissect_with(plan->reg, &p, scratch);
	tell_unread(c, plan, &p);
}
