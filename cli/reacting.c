/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets come in, answers leave; rights are given up before the first one is looked at. */
#include "cli/reacting.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source.h"
#include "cli/being.h"
#include "cli/privs.h"
#include "cli/programs.h"
#include "cli/seal.h"
#include "cli/signals.h"
#include "cli/wire.h"
#include "cli/words.h"
#include "core/clock.h"
#include "dissect/dissect.h"

#define BUFFER (32u << 20)
#define LOOK 50000000 /* ns between two looks at programs that run */

struct running {
	struct cli *c;
	struct wire wire;
	struct source *source;
	struct react *react;
	struct react_opts o;
	struct programs programs;
	struct being being;
	struct tree scratch;
	char device[64];
	uint64_t most;
	struct err e; /* of the callback */
	bool failed;
};

static void tell(void *ctx, const struct react_told *t)
{
	struct running *r = ctx;
	struct wire_event v = { .what = "RCVD", .rtt = -1 };

	if (r->failed)
		return;
	switch (t->event) {
	case REACT_FITS: break;
	case REACT_SENT: v.what = r->o.dry ? "DRY" : "SENT"; break;
	case REACT_NOT:
		r->failed = out_flush(&r->wire.out, &r->e) < 0;
		say(r->c, "packet %" PRIu64 ": %s (told once; counted)", t->packet->number, t->why);
		return;
	case REACT_NOTE: say(r->c, "note: %s", t->why); return;
	}
	r->failed = wire_packet(&r->wire, t->packet, &v, &r->e) < 0;
}

static int run_program(void *ctx, const struct packet *p, const char *words, size_t size,
		       unsigned n, struct err *e)
{
	struct running *r = ctx;
	struct wire_event v = { .what = "RCVD", .rtt = -1 };

	r->programs.in.n = 0;
	if (wire_text(&r->wire, p, &v, &r->programs.in, e) < 0)
		return -1;
	return programs_run(&r->programs, p->number, words, size, n, e);
}

static bool runs(const struct react_rule *rule, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < rule[i].n; k++)
			if (rule[i].act[k].what == REACT_RUN)
				return true;
	return false;
}

static int open_all(struct running *r, const struct react_rule *rule, unsigned n, struct err *e)
{
	const struct options *o = &r->c->opt;
	struct source_options so = { .immediate = true,
				     .direction = SOURCE_IN,
				     .promisc = !opt_has(o, OPT_NO_PROMISC),
				     .buffer = BUFFER };
	struct privs_opts po = { .keep_raw = true, .user = o->v[OPT_USER] };

	if (opt_u64(o, OPT_COUNT, UINT64_MAX, &r->most, e) < 0 ||
	    wire_open(&r->wire, r->c, e) < 0 || being_read(&r->being, r->c, e) < 0 ||
	    being_rules(&r->being, rule, n, e) < 0 || choose_device(r->c, r->device, e) < 0 ||
	    (runs(rule, n) && programs_open(&r->programs, r->c, e) < 0))
		return -1;
	r->o = (struct react_opts) {
		.reg = r->c->reg,
		.ifname = r->device,
		.rule = r->being.rule,
		.nrules = r->being.nrules,
		.be = r->being.addr,
		.nbe = r->being.n,
		.dry = opt_has(o, OPT_DRY_RUN),
		.told = opt_has(o, OPT_DRY_RUN) || opt_has(o, OPT_VERBOSE),
		.i_may = opt_has(o, OPT_I_MAY),
		.stop = &signals_stop,
		.run = run_program,
		.tell = tell,
		.ctx = r,
	};
	/* The ports are reserved before the first packet can come. */
	r->react = react_open(&r->o, e);
	if (!r->react || being_join(&r->being, r->device, e) < 0)
		return -1;
	/* The ring has a slot for each packet, as large as the largest may be: 64 KiB where the
	 * device puts segments together. Those are not answered. */
	if (react_mtu(r->react) < 16384)
		so.snaplen = react_mtu(r->react) + 128;
	r->source = source_open_live(r->device, &so, e);
	if (!r->source)
		return -1;
	signals_watch(r->source);
	if (privs_drop(&po, e) < 0)
		return -1;
	seal(&(struct seal_opts) { .sends = true });
	being_tell(&r->being, r->c);
	say(r->c, "reacting on %s", r->device);
	return 0;
}

static bool enough(const struct running *r)
{
	struct react_counts n;

	if (!r->most)
		return false;
	react_counts(r->react, &n);
	return n.fits >= r->most;
}

/* All that is there now is done; what is done is sent, and printed. */
static int pause_for(struct running *r, struct err *e)
{
	if (react_flush(r->react, e) < 0)
		return -1;
	if (out_flush(&r->wire.out, &r->e) < 0)
		r->failed = true;
	return 0;
}

static int loop(struct running *r, struct err *e)
{
	struct packet p;
	int rc;

	while (!r->failed && !enough(r)) {
		rc = source_next(r->source, &p, e);
		if (rc == SOURCE_NOTHING) {
			if (pause_for(r, e) < 0)
				return -1;
			if (programs_look(&r->programs, 0, e) < 0)
				return -1;
			rc = source_wait(r->source, &p,
					 programs_pending(&r->programs) ? clock_mono() + LOOK
									: INT64_MAX,
					 e);
		}
		if (rc == SOURCE_END)
			break;
		if (rc == SOURCE_ERROR)
			return -1;
		if (rc == SOURCE_NOTHING)
			continue;
		dissect_with(r->c->reg, &p, &r->scratch);
		if (react_packet(r->react, &p, e) < 0)
			return -1;
	}
	if (pause_for(r, e) < 0)
		return -1;
	if (r->failed && !r->wire.out.gone)
		return err_set(e, r->e.code, "%s", r->e.msg);
	return 0;
}

/* The exit code. */
static int tell_sum(const struct running *r)
{
	struct react_counts n;
	struct source_stats st;
	bool lost;

	react_counts(r->react, &n);
	source_stats(r->source, &st);
	say(r->c,
	    "%" PRIu64 " seen, %" PRIu64 " fit, %" PRIu64 " sent; %" PRIu64
	    " dropped by the kernel",
	    n.seen, n.fits, n.sent, st.dropped);
	for (unsigned i = 0; i < r->o.nrules && r->o.nrules > 1; i++)
		say(r->c, "  %" PRIu64 "  %s", n.rule[i],
		    r->o.rule[i].pattern ? r->o.rule[i].pattern : r->o.rule[i].proto->name);
	if (st.if_dropped)
		say(r->c, "%" PRIu64 " dropped by the interface", st.if_dropped);
	if (st.left)
		say(r->c, "%" PRIu64 " not looked at any more", st.left);
	if (n.unfit)
		say(r->c, "%" PRIu64 " could not be answered", n.unfit);
	if (n.failed)
		say(r->c, "%" PRIu64 " refused by the kernel", n.failed);
	if (n.held)
		say(r->c,
		    "%" PRIu64 " not answered, over 1,000 a second where the default route leads: "
		    "if you mean it, add --i-may",
		    n.held);
	lost = !programs_sum(&r->programs);
	lost |= st.dropped || st.if_dropped || st.left || n.failed || n.held;
	if (lost && !opt_has(&r->c->opt, OPT_ALLOW_LOSS))
		return EXIT_LOST;
	return EXIT_DONE;
}

int run_rules(struct cli *c, const struct react_rule *rule, unsigned n)
{
	struct running *r = calloc(1, sizeof(*r));
	struct err e = { 0 };
	int rc = -1, code = EXIT_DONE;

	if (!r)
		return fail(c, ERR_IO, "no memory");
	r->c = c;
	if (!open_all(r, rule, n, &e)) {
		rc = loop(r, &e);
		programs_finish(&r->programs);
		code = tell_sum(r);
	}
	signals_watch(NULL);
	source_close(r->source);
	react_close(r->react);
	programs_close(&r->programs);
	being_done(&r->being);
	wire_close(&r->wire);
	tree_done(&r->scratch);
	free(r);
	return rc < 0 ? print_err(c, &e) : code;
}

int joined_sets(const struct options *o, char **sets, struct err *e)
{
	size_t n = 1;

	*sets = NULL;
	for (unsigned i = 0; i < o->n[OPT_SET]; i++)
		n += strlen(o->list[OPT_SET][i]) + 1;
	if (n == 1)
		return 0;
	*sets = calloc(1, n);
	if (!*sets)
		return err_set(e, ERR_IO, "no memory");
	for (unsigned i = 0; i < o->n[OPT_SET]; i++) {
		if (i)
			strcat(*sets, "\n");
		strcat(*sets, o->list[OPT_SET][i]);
	}
	return 0;
}
