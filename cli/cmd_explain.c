/* SPDX-License-Identifier: BSD-2-Clause */
/* strata explain: a packet, or a protocol, as a figure and in words. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/source.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/packets.h"
#include "cli/signals.h"
#include "dissect/dissect.h"
#include "teach/explain.h"

static const char *const examples[] = {
	"explain tcp",
	"a header as RFCs draw it, and what its fields are for",
	"explain ip dst=10.0.0.2 / tcp dport=80 flags=S",
	"with the values of a packet, and why it has them",
	"explain captures/http.pcap#4",
	"the fourth packet of a capture",
	"explain -p examples/sensor.protocol ip / sensor",
	"one's own protocol",
	NULL,
};
static const enum option_id options[] = { OPT_SCRIPT, OPT_COUNT, OPT_SEED, OPT_NONE };

struct explaining {
	struct cli *c;
	struct out out;
	struct check check;
	struct tree scratch;
	uint64_t done, most;
};

static int one(struct explaining *x, const struct packet *p, enum explain_what what, struct err *e)
{
	struct buf *b = &x->out.b;
	uint32_t from, to;

	if (check(&x->check, p))
		return err_set(e, ERR_IO, "no memory");
	if (x->done++)
		buf_char(b, '\n');
	if (what == EXPLAIN_PACKET && p->number)
		buf_fmt(b, "Packet %" PRIu64 ", %u bytes\n\n", p->number, p->len);
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (i)
			buf_char(b, '\n');
		if (explain_layer(p, i, &x->check, what, b))
			return err_set(e, ERR_IO, "no memory");
	}
	if (packet_rest(p, LAYER_NONE, &from, &to))
		buf_fmt(b, "%s%u byte%s that no description reads\n", p->nlayers ? "\n" : "",
			to - from, to - from == 1 ? "" : "s");
	return out_more(&x->out, e);
}

/* ---- a protocol ---- */

static int of_protocol(struct explaining *x, const struct proto *proto, struct err *e)
{
	struct plan plan = { 0 };
	struct build b = { 0 };
	int rc = -1;

	if (plan_parse(&plan, x->c->reg, proto->name, strlen(proto->name), 0, e) == 0 &&
	    build(&b, &plan, e) == 0)
		rc = one(x, &b.pkt, EXPLAIN_PROTOCOL, e);
	build_done(&b);
	plan_done(&plan);
	return rc;
}

/* ---- a capture ---- */

/* FILE or FILE#N; number: 0 for all. False: there is no such file. */
static bool file_of(const char *word, char *path, size_t cap, uint64_t *number)
{
	const char *mark = strrchr(word, '#');
	char *end;

	*number = 0;
	snprintf(path, cap, "%s", word);
	if (access(path, F_OK) == 0)
		return true;
	if (!mark || !mark[1] || strspn(mark + 1, "0123456789") != strlen(mark + 1))
		return false;
	*number = strtoull(mark + 1, &end, 10);
	snprintf(path, cap, "%.*s", (int)(mark - word), word);
	return access(path, F_OK) == 0;
}

static int of_file(struct explaining *x, const char *path, uint64_t number, struct err *e)
{
	struct source *s = source_open_file(path, &(struct source_options) { 0 }, e);
	struct packet p;
	uint64_t n = 0;
	int rc = 0;

	if (!s)
		return -1;
	while (rc == 0 && !signals_stop && !x->out.gone && (!x->most || x->done < x->most) &&
	       (rc = source_next(s, &p, e)) == SOURCE_PACKET) {
		rc = 0;
		if (number && ++n != number)
			continue;
		dissect_with(x->c->reg, &p, &x->scratch);
		rc = one(x, &p, EXPLAIN_PACKET, e);
		if (number)
			break;
	}
	source_close(s);
	if (rc == SOURCE_END)
		rc = 0;
	if (!rc && number && n < number)
		rc = err_set(e, ERR_USAGE,
			     "%s has %" PRIu64 " packets, there is no number %" PRIu64, path, n,
			     number);
	return rc;
}

/* ---- packets in the notation ---- */

static int of_words(struct explaining *x, struct err *e)
{
	struct packets ps = { 0 };
	struct build b = { 0 };
	int rc = packets_open(&ps, x->c, e);

	while (!rc && !signals_stop && (rc = packets_next(&ps, e)) == 1) {
		rc = packets_size(&ps, e);
		for (uint64_t i = 0; !rc && i < ps.count && (!x->most || x->done < x->most); i++) {
			plan_step(&ps.plan, i, ps.seed);
			rc = build(&b, &ps.plan, e) ? -1 : one(x, &b.pkt, EXPLAIN_PACKET, e);
		}
	}
	if (rc < 0)
		packets_place(&ps, e);
	build_done(&b);
	packets_done(&ps);
	return rc;
}

static int explain(struct explaining *x, struct err *e)
{
	const char *word = x->c->argc == 1 ? x->c->argv[0] : NULL;
	const struct proto *proto;
	char path[4096];
	uint64_t number;

	if (opt_u64(&x->c->opt, OPT_COUNT, UINT64_MAX, &x->most, e) < 0 ||
	    load_registry(x->c, e) < 0)
		return -1;
	if (!x->c->argc && !opt_has(&x->c->opt, OPT_SCRIPT))
		return err_set(e, ERR_USAGE,
			       "what is to be explained? a protocol (tcp), a packet (ip / tcp "
			       "flags=S), a capture or one packet of it (FILE#4)");
	proto = word ? registry_find(x->c->reg, word, strlen(word)) : NULL;
	if (proto)
		return of_protocol(x, proto, e);
	if (word && file_of(word, path, sizeof(path), &number))
		return of_file(x, path, number, e);
	return of_words(x, e);
}

static int run_explain(struct cli *c)
{
	struct explaining *x = calloc(1, sizeof(*x));
	struct err e = { 0 };
	int rc;

	if (!x)
		return fail(c, ERR_IO, "no memory");
	x->c = c;
	rc = explain(x, &e);
	if (!x->out.gone && out_flush(&x->out, rc ? &(struct err) { 0 } : &e) < 0 && !x->out.gone)
		rc = -1;
	check_done(&x->check);
	tree_done(&x->scratch);
	out_done(&x->out);
	if (x->out.gone)
		rc = 0;
	free(x);
	return rc < 0 ? print_err(c, &e) : EXIT_DONE;
}

const struct command cmd_explain = {
	.name = "explain",
	.line = "a packet or a protocol as a figure, and why each field is what it is",
	.usage = "PACKET | FILE[#N] | PROTOCOL",
	.example = examples,
	.option = options,
	.run = run_explain,
	.more = "Each header is drawn as RFCs draw it: 32 bits a row, each field as wide as it is. "
		"A field of more than\nfour rows is one row of slashes with its size; one in two "
		"parts, none below the other, has its name\nin brackets in one of them. Below it "
		"each field with its value, why it has it, and what it is for.",
};
