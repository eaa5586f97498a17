/* SPDX-License-Identifier: BSD-2-Clause */
/* strata craft: build packets, look at them or write them; never the network. */
#include <inttypes.h>
#include <string.h>

#include "cli/made.h"
#include "cli/packets.h"
#include "cli/show.h"
#include "cli/signals.h"
#include "craft/template.h"

static const char *const examples[] = {
	"craft ip dst=10.0.0.2 / tcp dport=80 flags=S",
	"every field of a packet",
	"craft --as raw eth / ip dst=10.0.0.2 / icmp",
	"its bytes",
	"craft --as expr ip dst=10.0.0.2 / dns qd=name:example.org",
	"what was filled in",
	"craft -w syn.pcap ip dst=10.0.0.0/24 / tcp dport=22,80 flags=S",
	"a sweep into a file",
	"craft -p sensor.protocol ip / sensor name=temp",
	"one's own protocol",
	"craft -f packets.txt -w out.pcap",
	"a script, as 'read --as expr' prints it",
	NULL,
};
static const enum option_id options[] = { OPT_AS,    OPT_WRITE, OPT_SCRIPT, OPT_FIELDS, OPT_DOC,
					  OPT_SPANS, OPT_COUNT, OPT_SEED,   OPT_ALL,    OPT_NONE };

struct crafting {
	struct cli *c;
	struct packets ps;
	struct showing view;
	uint64_t times; /* -c */
	uint64_t number;
	int64_t when; /* of the last packet; 0: no time was said yet */
	bool timed;
	bool opened; /* -w, if it was given */
};

/* No file is touched before the first packet is there. */
static int open_file(struct crafting *k, struct err *e)
{
	if (k->opened)
		return 0;
	k->opened = true;
	return show_sink(&k->view, NULL, 0, LINK_NONE, e);
}

/* The time of a script's line. */
static void line_time(struct crafting *k)
{
	const struct script_line *l = &k->ps.line;

	if (!k->ps.script || l->time == SCRIPT_NO_TIME)
		return;
	k->when = l->time == SCRIPT_AT ? l->when : k->when + l->when;
	k->timed = true;
}

static int craft_plan(struct crafting *k, struct err *e)
{
	struct packets *ps = &k->ps;
	struct template *t;
	int rc = 0;

	if (packets_size(ps, e) < 0)
		return -1;
	plan_step(&ps->plan, 0, ps->seed);
	t = template_open(&ps->plan, e);
	if (!t)
		return -1;
	line_time(k);
	uint64_t all = ps->count > UINT64_MAX / k->times ? UINT64_MAX : ps->count * k->times;
	for (uint64_t i = 0; i < all && rc == 0 && !signals_stop; i++) {
		const struct packet *made = template_at(t, i, ps->seed, e);
		if (!made || open_file(k, e) < 0) {
			rc = -1;
			break;
		}
		if (i == 0)
			tell_made(k->c, &ps->plan, template_build(t), made, &k->view.scratch);
		struct packet p = *made;
		p.number = ++k->number;
		p.when = k->when;
		p.flags |= k->timed ? 0 : PACKET_NO_TIME;
		rc = show_crafted(&k->view, &p, e);
	}
	template_close(t);
	return rc;
}

static int run_craft(struct cli *c)
{
	struct crafting k = { .c = c, .times = 1 };
	struct err e = { 0 };
	struct show_opts so = { .form = (int)report_form(c->cmd->form), .quiet_file = true };
	int rc = -1;

	so.bare = so.script = !opt_has(&c->opt, OPT_SCRIPT);
	so.script = !so.script;
	if (opt_u64(&c->opt, OPT_COUNT, UINT64_MAX, &k.times, &e) < 0 || load_registry(c, &e) < 0 ||
	    packets_open(&k.ps, c, &e) < 0)
		goto out;
	if (k.times == 0) {
		err_set(&e, ERR_USAGE, "'-c 0' would never end");
		goto out;
	}
	rc = packets_next(&k.ps, &e);
	if (rc < 0 || show_open(&k.view, c, &so, &e) < 0) {
		rc = -1;
		goto out;
	}
	while (rc == 1) {
		rc = craft_plan(&k, &e);
		if (rc == 0)
			rc = signals_stop ? 0 : packets_next(&k.ps, &e);
	}
	if (rc == -1)
		packets_place(&k.ps, &e);
	else if (rc == 0)
		rc = open_file(&k, &e);
out:
	if (show_close(&k.view, &e) == SHOW_ERROR)
		rc = -1;
	else if (rc != -1 && opt_has(&c->opt, OPT_WRITE))
		say(c, "%" PRIu64 " packet%s written to %s%s", k.view.chosen,
		    k.view.chosen == 1 ? "" : "s", c->opt.v[OPT_WRITE],
		    signals_stop ? "; stopped" : "");
	else if (rc != -1 && signals_stop)
		say(c, "stopped after %" PRIu64 " packets", k.view.chosen);
	packets_done(&k.ps);
	return rc == -1 ? print_err(c, &e) : EXIT_DONE;
}

const struct command cmd_craft = {
	.name = "craft",
	.line = "build packets, show or write them; never the network",
	.usage = "PACKET",
	.example = examples,
	.option = options,
	.form = "tree",
	.run = run_craft,
	.more = "PACKET is in the notation: layers joined by '/', fields NAME=VALUE. What is not "
		"said is computed\nor has its default: the same words are the same bytes. A file "
		"has the link type of its packets;\nseveral link types make a pcapng.",
};
