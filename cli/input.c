/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files as one sequence of packets: by time, or one after the other. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/choice.h"
#include "cli/signals.h"

int input_open(struct input *in, int n, char **paths, const struct source_options *so, bool append,
	       struct err *e)
{
	in->n = n;
	in->append = append || n == 1;
	in->src = calloc((size_t)n, sizeof(*in->src));
	in->ids = calloc((size_t)n, sizeof(*in->ids));
	if (!in->append) {
		in->head = calloc((size_t)n, sizeof(*in->head));
		in->has = calloc((size_t)n, sizeof(*in->has));
	}
	if (!in->src || !in->ids || (!in->append && (!in->head || !in->has)))
		return err_set(e, ERR_IO, "no memory");
	for (int i = 0; i < n; i++) {
		in->src[i] = source_open_file(paths[i], so, e);
		if (!in->src[i])
			return -1;
		in->ids[i] = source_file_id(in->src[i]);
	}
	return 0;
}

/* One packet of file i: is there one? */
static bool pull(struct input *in, int i, struct packet *p)
{
	struct err e = { 0 };
	int64_t before = p->when;

	signals_watch(in->src[i]);
	int rc = source_next(in->src[i], p, &e);
	signals_watch(NULL);
	if (signals_stop)
		in->over = true;
	if (rc == SOURCE_ERROR && !in->bad.code)
		in->bad = e;
	/* Without a time it stays behind the one before it. */
	if (rc == SOURCE_PACKET && (p->flags & PACKET_NO_TIME) && !in->append)
		p->when = before;
	return rc == SOURCE_PACKET;
}

/* The earliest of all, of the first file among equals. */
static int earliest(struct input *in)
{
	int best = -1;

	/* The one that was given out last is borrowed until now. */
	for (int i = 0; i < in->n; i++)
		if (!in->begun || i == in->at)
			in->has[i] = pull(in, i, &in->head[i]);
	in->begun = true;
	for (int i = 0; i < in->n; i++)
		if (in->has[i] && (best < 0 || in->head[i].when < in->head[best].when))
			best = i;
	return best;
}

int input_next(struct input *in, struct packet *p, uint64_t *number)
{
	if (in->append) {
		while (in->at < in->n && !in->over && !pull(in, in->at, p))
			in->at++;
		if (in->at == in->n || in->over)
			return 0;
	} else {
		in->at = earliest(in);
		if (in->at < 0 || in->over)
			return 0;
		*p = in->head[in->at];
	}
	if (!(p->flags & PACKET_NO_TIME)) {
		in->earlier += *number && p->when < in->last;
		in->last = p->when;
	}
	p->number = ++*number;
	return 1;
}

void input_tell(const struct input *in, const struct cli *c)
{
	for (int i = 0; i < in->n && in->src[i]; i++) {
		struct source_stats st;

		source_stats(in->src[i], &st);
		if (source_note(in->src[i]))
			say(c, "%s: %s", source_name(in->src[i]), source_note(in->src[i]));
		if (st.cut)
			say(c, "%s: %" PRIu64 " packets are longer than %u bytes: cut there",
			    source_name(in->src[i]), st.cut, PACKET_MAX);
	}
	if (in->earlier)
		say(c, "%" PRIu64 " packet%s earlier than the one before", in->earlier,
		    in->earlier == 1 ? " is" : "s are");
}

void input_close(struct input *in)
{
	for (int i = 0; i < in->n && in->src; i++)
		source_close(in->src[i]);
	free(in->src);
	free(in->ids);
	free(in->head);
	free(in->has);
}
