/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets on their way out. */
#include "cli/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/signals.h"
#include "core/near.h"
#include "core/said.h"
#include "dissect/dissect.h"
#include "dissect/escape.h"
#include "dissect/heard.h"
#include "dissect/pattern.h"

static const char *const forms[] = { "line", "tree", "expr", "json", "flat", "csv",
				     "hex",  "raw",  "text", "none", NULL };

static int choose_form(struct showing *s, const struct show_opts *o, struct err *e)
{
	int i = 0;

	if (!opt_has(&s->c->opt, OPT_AS)) {
		bool kept = o->quiet_file && opt_has(&s->c->opt, OPT_WRITE);

		s->blind = kept && !o->layers && !o->pattern && !opt_has(&s->c->opt, OPT_WHERE);
		s->form = kept ? REPORT_NONE : o->form;
		return 0;
	}
	if (opt_word(&s->c->opt, OPT_AS, forms, &i, e) < 0)
		return -1;
	s->form = strcmp(forms[i], "expr") == 0 ? FORM_EXPR : report_form(forms[i]);
	return 0;
}

/* --where and the pattern. */
static int choose_packets(struct showing *s, const struct show_opts *o, struct err *e)
{
	const char *where = s->c->opt.v[OPT_WHERE];

	if (where) {
		s->where = filter_parse(s->c->reg, where, strlen(where), e);
		if (!s->where)
			return -1;
	}
	if (o->pattern) {
		s->has_pattern = true;
		return plan_parse(&s->pattern, s->c->reg, o->pattern, strlen(o->pattern),
				  PLAN_PATTERN, e);
	}
	return 0;
}

/* 1 wanted, 0 not, -1 memory. */
static int wanted(struct showing *s, const struct packet *p, struct err *e)
{
	if (s->where && !filter_match(s->where, p, &s->work))
		return 0;
	int fits = s->has_pattern ? pattern_match(&s->pattern, p, NULL) : 1;
	return fits < 0 ? err_set(e, ERR_IO, "no memory") : fits;
}

int show_open(struct showing *s, struct cli *c, const struct show_opts *o, struct err *e)
{
	*s = (struct showing) { .c = c, .bare = o->bare, .script = o->script };
	if (choose_form(s, o, e) < 0)
		return -1;
	struct report_opts ro = {
		.form = s->form == FORM_EXPR ? REPORT_NONE : (enum report_form)s->form,
		.color = c->color,
		.doc = opt_has(&c->opt, OPT_DOC),
		.spans = opt_has(&c->opt, OPT_SPANS),
		.bare = o->bare,
		.verbose = opt_has(&c->opt, OPT_VERBOSE),
		.fields = c->opt.v[OPT_FIELDS],
	};
	s->report = report_open(c->reg, &ro, e);
	if (!s->report)
		return -1;
	if (s->form == FORM_EXPR) {
		s->printer = printer_open(c->reg);
		if (!s->printer)
			return err_set(e, ERR_IO, "no memory");
	}
	report_begin(s->report, &s->out.b);
	return choose_packets(s, o, e);
}

int show_sink(struct showing *s, const struct file_id *avoid, unsigned navoid, uint16_t link,
	      struct err *e)
{
	struct sink_options so = {
		.avoid = avoid,
		.navoid = navoid,
		.has_link = link != LINK_NONE,
		.late = navoid > 0, /* what is read is attached first */
		.link = link,
		.rotate = s->rotate,
		.live = s->live,
		.stop = &signals_stop,
	};

	if (!opt_has(&s->c->opt, OPT_WRITE))
		return 0;
	const char *as = s->c->opt.v[OPT_AS];
	if (strcmp(s->c->opt.v[OPT_WRITE], "-") == 0 && s->form != REPORT_NONE)
		return err_set(e, ERR_USAGE, "'-w -' and %s%s%s both want standard output",
			       as ? "'--as " : "what is printed", as ? as : "", as ? "'" : "");
	s->sink = sink_open(s->c->opt.v[OPT_WRITE], &so, e);
	return s->sink ? 0 : -1;
}

static void count_flags(struct showing *s, const struct packet *p)
{
	unsigned flags = 0;

	for (unsigned i = 0; i < p->nlayers; i++)
		flags |= p->layers[i].flags;
	s->cut += p->len < p->wire_len || (flags & LAYER_CUT);
	s->malformed += (flags & (LAYER_BAD_LENGTH | LAYER_BAD_HEADER)) != 0;
	s->guessed += (flags & LAYER_GUESS) != 0;
	s->deep += (flags & LAYER_DEEP) || (p->flags & PACKET_DEEP);
}

/* What the file says of a packet, as comments of the script. */
static void print_comments(const struct packet *p, struct buf *out)
{
	const char *text;
	uint32_t at = 0, n;

	while (said_comment(p, &at, &text, &n)) {
		buf_str(out, "# ");
		escape_term((const uint8_t *)text, n, out);
		buf_char(out, '\n');
	}
}

/* Append what is printed of a packet. */
static int render(struct showing *s, const struct packet *p, const char *ifname, struct err *e)
{
	if (s->form == REPORT_NONE)
		return SHOW_OK;
	if (s->form == FORM_EXPR) {
		if (s->script)
			print_comments(p, &s->out.b);
		/* No packet that was, so none to be sent: a comment of a script. */
		if (p->flags & PACKET_WHOLE)
			buf_str(&s->out.b, "# ");
		int rc = s->script ? print_script_line(s->printer, p, 0, &s->out.b)
				   : print_expr(s->printer, p, 0, &s->out.b);
		if (rc < 0)
			return err_set(e, ERR_IO, "no memory to print packet %" PRIu64, p->number);
		if (!s->script)
			buf_char(&s->out.b, '\n');
	} else {
		report_packet(s->report, p, ifname, &s->out.b);
	}
	s->printed++;
	return SHOW_OK;
}

static int print_packet(struct showing *s, const struct packet *p, const char *ifname,
			struct err *e)
{
	int rc = render(s, p, ifname, e);

	return rc == SHOW_OK && out_is_full(&s->out) ? show_flush(s, e) : rc;
}

int show_flush(struct showing *s, struct err *e)
{
	if (out_flush(&s->out, e) == 0)
		return SHOW_OK;
	return s->out.gone ? SHOW_END : SHOW_ERROR;
}

int show_look(struct showing *s, struct packet *p, struct err *e)
{
	s->seen++;
	if (s->blind)
		return SHOW_OK;
	dissect_heard(s->c->reg, p, &s->scratch, s->heard);
	if (heard_learn(&s->heard, p, &s->scratch) < 0)
		return err_set(e, ERR_IO, "no memory");
	return SHOW_OK;
}

/* Is it wanted? Then it is counted. */
static int choose(struct showing *s, const struct packet *p, struct err *e)
{
	int rc = wanted(s, p, e);

	if (rc <= 0)
		return rc;
	s->chosen++;
	count_flags(s, p);
	return 1;
}

int show_choose(struct showing *s, struct packet *p, struct err *e)
{
	int rc = show_look(s, p, e);

	return rc == SHOW_OK ? choose(s, p, e) : rc;
}

int show_dissected(struct showing *s, const struct packet *p, struct err *e)
{
	s->seen++;
	return choose(s, p, e);
}

void show_since(struct showing *s, const struct since *first, const struct since *before)
{
	if (first->known)
		report_seen(s->report, first->when);
	if (s->printer)
		printer_after(s->printer, before->known, before->when);
}

int show_print(struct showing *s, const struct packet *p, const char *ifname, struct err *e)
{
	int rc = choose(s, p, e);

	return rc > 0 ? render(s, p, ifname, e) : rc;
}

void show_add(struct showing *s, struct showing *from)
{
	s->chosen += from->chosen;
	s->printed += from->printed;
	s->cut += from->cut;
	s->malformed += from->malformed;
	s->guessed += from->guessed;
	s->deep += from->deep;
	from->chosen = from->printed = from->cut = 0;
	from->malformed = from->guessed = from->deep = 0;
}

int show_write(struct showing *s, const struct packet *p, struct err *e)
{
	int rc = s->sink ? sink_write(s->sink, p, e) : SINK_OK;

	return rc == SINK_OK ? SHOW_OK : rc == SINK_GONE ? SHOW_END : SHOW_ERROR;
}

int show_packet(struct showing *s, struct packet *p, const char *ifname, bool *shown, struct err *e)
{
	int rc = show_choose(s, p, e);

	report_seen(s->report, p->when);
	*shown = rc > 0;
	if (rc <= 0)
		return rc;
	rc = show_write(s, p, e);
	return rc == SHOW_OK ? print_packet(s, p, ifname, e) : rc;
}

int show_whole(struct showing *s, struct packet *p, struct err *e)
{
	int rc;

	if (heard_learn(&s->heard, p, &s->scratch) < 0)
		return err_set(e, ERR_IO, "no memory");
	rc = wanted(s, p, e);
	return rc <= 0 ? rc : print_packet(s, p, NULL, e);
}

int show_crafted(struct showing *s, struct packet *p, struct err *e)
{
	int rc;

	s->seen++;
	/* Read it as anybody would; bytes without a link type keep what the builder knows. */
	if (p->link != LINK_NONE)
		dissect_with(s->c->reg, p, &s->scratch);
	s->chosen++;
	rc = show_write(s, p, e);
	return rc == SHOW_OK ? print_packet(s, p, NULL, e) : rc;
}

void tell_lost(const struct cli *c, const struct sink *sink)
{
	struct buf b = { 0 };

	if (!sink)
		return;
	sink_lost(sink, &b);
	if (b.n)
		say(c, "%s has no place for: %s", sink_name(sink), buf_cstr(&b));
	buf_done(&b);
}

void show_tell(const struct showing *s)
{
	char line[200];
	size_t n = 0;
	const struct {
		uint64_t n;
		const char *what;
	} v[] = { { s->cut, "cut" },
		  { s->malformed, "malformed" },
		  { s->guessed, "guessed" },
		  { s->deep, "deeper than is looked into" } };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]) && n < sizeof(line); i++)
		if (v[i].n)
			n += (size_t)snprintf(line + n, sizeof(line) - n, ", %" PRIu64 " %s",
					      v[i].n, v[i].what);
	if (n)
		say(s->c, "of %" PRIu64 " packets%s", s->chosen, line + 1);
}

int show_close(struct showing *s, struct err *e)
{
	int rc = SHOW_OK;

	if (!s->c)
		return SHOW_OK;
	if (out_flush(&s->out, e) < 0 && !s->out.gone)
		rc = SHOW_ERROR;
	if (sink_close(s->sink, e) == SINK_ERROR)
		rc = SHOW_ERROR;
	report_close(s->report);
	printer_close(s->printer);
	filter_close(s->where);
	filter_work_done(&s->work);
	plan_done(&s->pattern);
	tree_done(&s->scratch);
	heard_close(s->heard);
	out_done(&s->out);
	return rc;
}
