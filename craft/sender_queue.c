/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending in bursts: a queue for each interface. */
#include "craft/sender_impl.h"

int sender_queue(struct sender *s, const struct hop *hop, const struct packet *p, struct err *e)
{
	struct hop *h = (struct hop *)hop; /* ours: handed out as const */
	bool whole = p->link == h->route.dev.link;
	struct sent sent;
	struct tx *t;

	if (bare(p->link) && h->raw) {
		if (s->o.watch) {
			err_set(e, ERR_IO, "what leaves by a raw IP socket cannot be verified");
			return 1;
		}
		if (sender_flush(s, e))
			return -1;
		if (sender_send_by(s, hop, p, &sent, e))
			return e->code == ERR_PERM ? -1 : 1;
		s->direct.sent++;
		s->direct.bytes += sent.len;
		return 0;
	}
	if (hop_fits(s, h, p, e))
		return 1;
	t = sock_tx(s, h, e);
	return t ? tx_put(t, p->number, h->header, whole ? 0 : h->header_len, p->data, p->len, e)
		 : -1;
}

int sender_form(struct sender *s, const struct hop *hop, const struct packet *p, struct frames *f,
		struct err *e)
{
	struct hop *h = (struct hop *)hop; /* ours: handed out as const */

	*f = (struct frames) { 0 };
	if (bare(p->link) && h->raw)
		return 0;
	if (hop_fits(s, h, p, e))
		return 1;
	f->tx = sock_tx(s, h, e);
	if (!f->tx)
		return -1;
	f->hop = hop;
	f->head = p->link == h->route.dev.link ? 0 : h->header_len;
	f->len = f->head + p->len;
	return tx_form(f->tx, h->header, f->head, p->data, p->len, e);
}

const char *sender_way(const struct sender *s)
{
	if (s->ntx)
		return tx_name(s->tx[0].x);
	return s->by;
}

int sender_flush(struct sender *s, struct err *e)
{
	for (unsigned i = 0; i < s->ntx; i++)
		if (tx_queued(s->tx[i].x) && tx_flush(s->tx[i].x, e))
			return -1;
	return 0;
}

void sender_counts(const struct sender *s, struct tx_counts *sum)
{
	*sum = s->direct;
	for (unsigned i = 0; i < s->ntx; i++) {
		const struct tx_counts *c = tx_counts(s->tx[i].x);

		sum->sent += c->sent;
		sum->bytes += c->bytes;
		if (c->failed && !sum->failed) {
			sum->first = c->first;
			memcpy(sum->why, c->why, sizeof(sum->why));
		}
		sum->failed += c->failed;
	}
}
