/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings as text and as JSON. */
#include "cli/told.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "dissect/escape.h"
#include "dissect/report.h"

int told_open(struct told *t, const struct cli *c, struct err *e)
{
	static const char *const forms[] = { "line", "json", NULL };
	int form = 0, sure = SURE_MEDIUM;

	*t = (struct told) { .c = c, .verbose = opt_has(&c->opt, OPT_VERBOSE) };
	if (opt_word(&c->opt, OPT_AS, forms, &form, e) < 0 ||
	    opt_word(&c->opt, OPT_SURE, rule_sure_names, &sure, e) < 0)
		return -1;
	t->json = form == 1;
	t->sure = (enum rule_sure)sure;
	return 0;
}

void told_close(struct told *t)
{
	out_done(&t->out);
}

static void put_safe(struct buf *out, const char *s)
{
	escape_term((const uint8_t *)s, strlen(s), out);
}

/* 1-3, 7: at most `most` of such, if it is not 0. */
static void put_packets(const struct finding *f, unsigned most, const char *comma, struct buf *out)
{
	unsigned parts = 0, i = 0;

	while (i < f->npackets && (!most || parts < most)) {
		unsigned k = i;

		while (most && k + 1 < f->npackets && f->packet[k + 1] == f->packet[k] + 1)
			k++;
		if (parts++)
			buf_str(out, comma);
		buf_u64(out, f->packet[i]);
		if (k > i) {
			buf_char(out, '-');
			buf_u64(out, f->packet[k]);
		}
		i = k + 1;
	}
	if (most && (i < f->npackets || f->more))
		buf_str(out, " ...");
}

static void put_line(struct told *t, const struct finding *f)
{
	static const char *const color[] = { "\033[36m", "\033[33m", "\033[31m" };
	struct buf *out = &t->out.b;

	report_seconds(f->when - t->first, 6, out);
	buf_char(out, ' ');
	buf_str(out, t->c->color ? color[f->rule->sure] : "");
	buf_str(out, rule_sure_names[f->rule->sure]);
	buf_str(out, t->c->color ? "\033[0m " : " ");
	buf_str(out, f->rule->name);
	buf_str(out, ": ");
	put_safe(out, f->said);
	if (t->process) {
		buf_str(out, " (");
		buf_str(out, t->process);
		buf_char(out, ')');
	}
	if (f->npackets) {
		buf_str(out, f->npackets == 1 ? " [packet " : " [packets ");
		put_packets(f, 8, ",", out);
		buf_char(out, ']');
	}
	buf_char(out, '\n');
	if (t->verbose && f->look) {
		buf_str(out, "    look: --where '");
		put_safe(out, f->look);
		buf_str(out, "'\n");
	}
	if (t->verbose && f->todo) {
		buf_str(out, "    do:   ");
		put_safe(out, f->todo);
		buf_char(out, '\n');
	}
}

static void put_string(struct buf *out, const char *key, const char *s)
{
	buf_str(out, key);
	buf_char(out, '"');
	escape_json((const uint8_t *)s, strlen(s), out);
	buf_char(out, '"');
}

static void put_when(struct buf *out, const char *key, int64_t when)
{
	buf_str(out, key);
	buf_char(out, '"');
	report_seconds(when, 9, out);
	buf_char(out, '"');
}

static void put_json(const struct finding *f, const char *process, struct buf *out)
{
	put_string(out, "{\"v\":1,\"finding\":", f->rule->name);
	put_string(out, ",\"title\":", f->rule->title);
	put_string(out, ",\"sure\":", rule_sure_names[f->rule->sure]);
	put_when(out, ",\"ts\":", f->when);
	put_when(out, ",\"since\":", f->since);
	buf_str(out, ",\"n\":");
	buf_u64(out, f->n);
	buf_str(out, ",\"by\":{");
	for (unsigned i = 0; i < f->nkeys; i++) {
		put_string(out, i ? "," : "", f->key[i].name);
		put_string(out, ":", f->key[i].text);
	}
	put_string(out, "},\"text\":", f->said);
	if (process)
		put_string(out, ",\"process\":", process);
	buf_str(out, ",\"packets\":[");
	put_packets(f, 0, ",", out);
	buf_str(out, "],\"more\":");
	buf_u64(out, f->more);
	if (f->look)
		put_string(out, ",\"look\":", f->look);
	if (f->todo)
		put_string(out, ",\"do\":", f->todo);
	buf_str(out, "}\n");
}

bool told_wants(struct told *t, const struct finding *f)
{
	t->unsure += f->rule->sure < t->sure;
	return f->rule->sure >= t->sure;
}

void told_finding(struct told *t, const struct finding *f)
{
	t->n++;
	if (t->json)
		put_json(f, t->process, &t->out.b);
	else
		put_line(t, f);
}

void told_counts(const struct told *t, const char *before)
{
	say(t->c, "%s%" PRIu64 " finding%s", before, t->n, t->n == 1 ? "" : "s");
	if (t->unsure)
		say(t->c, "%" PRIu64 " that may be harmless: --sure low shows them", t->unsure);
}
