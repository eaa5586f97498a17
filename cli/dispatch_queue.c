/* SPDX-License-Identifier: BSD-2-Clause */
/* What leaves through the sender's queue: bursts, where nothing is shown of each packet, and what
 * is to leave by the sender that was asked for. */
#include "cli/dispatch.h"
#include "cli/dispatch_queue.h"

/* Through the queue: where nothing is shown of each packet. */
bool dispatch_queues(const struct dispatch *d)
{
	return d->wire.form == REPORT_NONE && !d->dry && !d->fragments;
}

/* Only what varies is written, into a frame of the queue. 1: not this one. */
int dispatch_frame(struct dispatch *d, uint64_t i, struct err *e)
{
	struct frames *f = &d->frames;
	uint8_t *at;

	if (!f->tx || f->hop != aim_hop(d->aim) || !template_step(d->tmpl, i, d->ps.seed))
		return 1;
	at = tx_frame(f->tx, i + 1, e);
	if (!at)
		return -1;
	template_put(d->tmpl, at + f->head);
	pace_bytes(&d->pace, f->len);
	return 0;
}

/* The whole packet; those after it may go by its form. 1: no says why this one cannot be sent. */
int dispatch_queued(struct dispatch *d, const struct hop *hop, const struct packet *p, uint64_t i,
		    struct err *no)
{
	struct packet copy = *p;
	int rc;

	copy.number = i + 1;
	rc = sender_queue(d->sender, hop, &copy, no);
	if (rc == 0 && d->frames.hop != hop && template_step(d->tmpl, i, d->ps.seed))
		rc = sender_form(d->sender, hop, p, &d->frames, no);
	pace_bytes(&d->pace, p->len);
	return rc;
}

int dispatch_flush(struct dispatch *d, struct err *e)
{
	if (d->sender && sender_flush(d->sender, e))
		return -1;
	return out_flush(&d->wire.out, e);
}

int dispatch_end(struct dispatch *d, struct err *e)
{
	struct tx_counts n;
	int rc;

	if (!d->sender) {
		if (!d->pace.end)
			pace_done(&d->pace);
		return 0;
	}
	rc = sender_flush(d->sender, e);
	pace_done(&d->pace); /* closing takes its time */
	sender_counts(d->sender, &n);
	d->sent += n.sent;
	d->bytes += n.bytes;
	if (n.failed)
		reasons_add(&d->reasons, n.first, n.failed, n.why);
	if (sender_way(d->sender))
		d->way = sender_way(d->sender);
	sender_close(d->sender);
	d->sender = NULL;
	return rc;
}

/* By the sender that was asked for; it keeps the count. 1: the kernel refused it. */
int dispatch_by_way(struct dispatch *d, const struct hop *hop, struct packet *p, struct err *e)
{
	struct tx_counts before, after;

	sender_counts(d->sender, &before);
	p->number = d->number + 1;
	if (sender_queue(d->sender, hop, p, e))
		return -1;
	if (sender_flush(d->sender, e)) {
		if (e->code == ERR_PERM)
			return -1;
		err_clear(e);
	}
	pace_bytes(&d->pace, p->len);
	sender_counts(d->sender, &after);
	return after.failed > before.failed;
}
