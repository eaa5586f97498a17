/* SPDX-License-Identifier: BSD-2-Clause */
/* --verify: the first packets of each kind are told one by one, with the fields that were altered;
 * all are counted. */
#include "cli/verifying.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>

#include "cli/signals.h"
#include "cli/wire.h"
#include "dissect/dissect.h"

static uint64_t hash(void *ctx, struct packet *p)
{
	struct verifying *y = ctx;

	dissect_with(y->c->reg, p, &y->scratch);
	return compare_hash(&y->cmp, p);
}

static void tell_field(void *ctx, const char *path, const char *va, const char *vb)
{
	struct verifying *y = ctx;

	buf_fmt(&y->line, "%s%s: %s | %s", y->first ? " " : "; ", path, va, vb);
	y->first = false;
}

static void tell(void *ctx, const struct verify_event *ev)
{
	static const char *const words[VERIFY_WHATS] = {
		[VERIFY_LOST] = "did not arrive",
		[VERIFY_ALTERED] = "was altered:",
		[VERIFY_TWICE] = "arrived once more",
		[VERIFY_REORDERED] = "arrived after one that was sent later",
	};
	struct verifying *y = ctx;

	if (verify_counts(y->v)->n[ev->what] > VERIFY_SHOWN)
		return;
	y->line.n = 0;
	y->first = true;
	buf_fmt(&y->line, "packet %" PRIu64 "%s %s", ev->id, ev->alike ? " or one like it" : "",
		words[ev->what]);
	if (ev->what == VERIFY_ALTERED && ev->sent) {
		struct packet a = *ev->sent, b = *ev->got;

		dissect_with(y->c->reg, &a, &y->scratch);
		dissect_with(y->c->reg, &b, &y->scratch);
		compare_packets(&y->cmp, &a, &b, tell_field, y);
	}
	if (!y->line.failed)
		say(y->c, "%s", buf_cstr(&y->line));
}

int verifying_open(struct verifying *y, struct cli *c, int64_t patience, struct err *e)
{
	const char *ignore = c->opt.v[OPT_IGNORE];
	struct verify_opts o = { .ifname = c->opt.v[OPT_VERIFY],
				 .hash = ignore ? hash : NULL,
				 .tell = tell,
				 .ctx = y,
				 .patience = patience,
				 .stop = &signals_stop };

	y->c = c;
	y->ifname = o.ifname;
	if (!o.ifname)
		return 0;
	if (!if_nametoindex(o.ifname))
		return err_set(e, ERR_IO, "no interface %.40s", o.ifname);
	y->cmp.ignore = &y->ignore;
	if (ignore && ignore_parse(&y->ignore, c->reg, ignore, e) < 0)
		return -1;
	y->v = verify_open(&o, e);
	return y->v ? 0 : -1;
}

int verifying_start(struct verifying *y, struct err *e)
{
	return y->v ? verify_start(y->v, e) : 0;
}

int verifying_end(struct verifying *y, struct err *e)
{
	return y->v ? verify_end(y->v, e) : 0;
}

void verifying_tell(struct verifying *y)
{
	const struct verify_counts *n;
	char late[128] = "", room[3][32];

	if (!y->v)
		return;
	n = verify_counts(y->v);
	for (int i = 0; i < VERIFY_WHATS; i++)
		if (n->n[i] > VERIFY_SHOWN)
			say(y->c, "%" PRIu64 " more %s", n->n[i] - VERIFY_SHOWN,
			    (const char *const[]) { "did not arrive", "were altered",
						    "arrived once more",
						    "arrived out of order" }[i]);
	if (n->latency.all)
		snprintf(late, sizeof(late), "; after %s median, %s p99, %s at most",
			 duration_words(late_at(&n->latency, 0.5), room[0]),
			 duration_words(late_at(&n->latency, 0.99), room[1]),
			 duration_words(n->latency.max, room[2]));
	say(y->c,
	    "on %s %" PRIu64 " of %" PRIu64 " arrived as they were sent, %" PRIu64 " lost, %" PRIu64
	    " altered, %" PRIu64 " twice, %" PRIu64 " out of order%s",
	    y->ifname, n->arrived, n->sent, n->n[VERIFY_LOST], n->n[VERIFY_ALTERED],
	    n->n[VERIFY_TWICE], n->n[VERIFY_REORDERED], late);
	if (n->furthest)
		say(y->c, "the last of its place came %" PRIu64 " packets too late", n->furthest);
	if (n->alike)
		say(y->c,
		    "%" PRIu64
		    " of the lost are like others that were sent: which of them arrived, "
		    "and after how long, is not certain",
		    n->alike);
	if (n->others)
		say(y->c, "%" PRIu64 " others arrived that were not sent here", n->others);
	if (n->dropped)
		say(y->c, "not certain: %" PRIu64 " of what arrived was dropped by the capture",
		    n->dropped);
}

int verifying_close(struct verifying *y)
{
	int code = EXIT_DONE;

	if (y->v && !verify_fine(y->v))
		code = verify_counts(y->v)->dropped ? EXIT_LOST : EXIT_NO;
	verify_close(y->v);
	y->v = NULL;
	compare_done(&y->cmp);
	tree_done(&y->scratch);
	buf_done(&y->line);
	return code;
}
