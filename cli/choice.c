/* SPDX-License-Identifier: BSD-2-Clause */
/* Which packets of capture files are taken: by number, by time, by a filter. */
#include "cli/choice.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/filter.h"

#define MTU_LEAST 68u /* RFC 791 */

/* ---- numbers ---- */

static int bad_numbers(const char *text, struct err *e)
{
	return err_set(e, ERR_USAGE,
		       "'--packets %s': wants numbers from 1 on and ranges of them: 1-10,20,30-",
		       text);
}

/* A number at *s, which moves on. */
static bool number_at(const char **s, uint64_t *v)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return false;
	errno = 0;
	*v = strtoull(*s, &end, 10);
	*s = end;
	return errno == 0;
}

static int numbers_parse(struct numbers *l, const char *text, struct err *e)
{
	const char *s = text;
	size_t n = 1;

	for (const char *c = text; *c; c++)
		n += *c == ',';
	l->v = calloc(n, sizeof(*l->v));
	if (!l->v)
		return err_set(e, ERR_IO, "no memory");
	for (;; s++) {
		uint64_t from = 1, to;
		bool has = number_at(&s, &from);

		to = from;
		if (*s == '-') {
			s++;
			to = UINT64_MAX;
			if (!number_at(&s, &to) && !has)
				return bad_numbers(text, e);
		} else if (!has) {
			return bad_numbers(text, e);
		}
		if (from == 0 || to < from)
			return bad_numbers(text, e);
		l->v[l->n].from = from;
		l->v[l->n++].to = to;
		if (*s != ',')
			break;
	}
	return *s ? bad_numbers(text, e) : 0;
}

static bool numbers_hold(const struct numbers *l, uint64_t n)
{
	for (unsigned i = 0; i < l->n; i++)
		if (n >= l->v[i].from && n <= l->v[i].to)
			return true;
	return l->n == 0;
}

static bool numbers_end(const struct numbers *l, uint64_t n)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->v[i].to >= n)
			return false;
	return l->n != 0;
}

/* ---- times ---- */

static int moment_parse(struct moment *m, const char *text, const char *option, struct err *e)
{
	struct options o = { 0 };
	uint64_t ns;

	if (!text)
		return 0;
	m->set = true;
	m->after = text[0] == '+';
	if (m->after) {
		o.v[OPT_FROM] = text + 1;
		if (opt_time(&o, OPT_FROM, &m->ns, NULL) == 0)
			return 0;
	} else if (filter_time(text, strlen(text), &ns)) {
		m->ns = (int64_t)ns;
		return 0;
	}
	return err_set(e, ERR_USAGE,
		       "'--%s %s': wants a time in UTC such as '2026-11-22 10:38:16.5', seconds "
		       "since 1970, or one after the first packet: +90s",
		       option, text);
}

/* ---- all of it ---- */

int choice_options(struct choice *ch, struct cli *c, int nfiles, struct err *e)
{
	const struct options *o = &c->opt;

	ch->c = c;
	if (filter_words(&ch->filter, c->argc - nfiles, c->argv + nfiles, e) < 0 ||
	    (opt_has(o, OPT_PACKETS) && numbers_parse(&ch->numbers, o->v[OPT_PACKETS], e) < 0) ||
	    moment_parse(&ch->from, o->v[OPT_FROM], "from", e) < 0 ||
	    moment_parse(&ch->to, o->v[OPT_TO], "to", e) < 0)
		return -1;
	return 0;
}

int choice_mtu(const struct options *o, bool interface, uint32_t *mtu, struct err *e)
{
	const char *text = o->v[OPT_SEGMENT];
	uint64_t n = 0;

	if (text && interface && strcmp(text, "mtu") == 0)
		n = UINT32_MAX;
	else if (text && opt_range(o, OPT_SEGMENT, MTU_LEAST, PACKET_MAX, &n, NULL) < 0)
		return err_set(
			e, ERR_USAGE,
			"'--segment %s': wants an MTU in bytes such as 1500, from %u to %u%s", text,
			MTU_LEAST, PACKET_MAX, interface ? "; or mtu: that of the interface" : "");
	*mtu = (uint32_t)n;
	return 0;
}

static int open_rewrite(struct choice *ch, struct err *e)
{
	const struct options *o = &ch->c->opt;
	struct rewrite_opts ro = { .reg = ch->c->reg,
				   .set = o->list[OPT_SET],
				   .nset = o->n[OPT_SET],
				   .map = o->list[OPT_MAP],
				   .nmap = o->n[OPT_MAP],
				   .anonymise = o->v[OPT_ANONYMISE],
				   .sums = opt_has(o, OPT_SUMS) };

	if (!ro.nset && !ro.nmap && !ro.sums && !ro.anonymise)
		return 0;
	ch->rewrite = rewrite_open(&ro, e);
	return ch->rewrite ? 0 : -1;
}

int choice_open(struct choice *ch, uint16_t link, struct err *e)
{
	struct show_opts so = { .form = REPORT_NONE,
				.pattern = ch->filter.pattern ? ch->filter.text : NULL };

	if (show_open(&ch->show, ch->c, &so, e) < 0 || open_rewrite(ch, e) < 0)
		return -1;
	if (!ch->filter.text || ch->filter.pattern)
		return 0;
	if (filter_hosts(&ch->filter, ch->c->reg, e) < 0)
		return -1;
	ch->bpf = bpf_open(ch->filter.text, link, opt_has(&ch->c->opt, OPT_RESOLVE), e);
	return ch->bpf ? 0 : -1;
}

bool choice_over(const struct choice *ch, uint64_t number)
{
	return numbers_end(&ch->numbers, number);
}

static bool in_time(const struct choice *ch, const struct packet *p)
{
	if (!ch->from.set && !ch->to.set)
		return true;
	if (p->flags & PACKET_NO_TIME)
		return false;
	return (!ch->from.set || p->when >= ch->from.ns) && (!ch->to.set || p->when <= ch->to.ns);
}

int choice_packet(struct choice *ch, struct packet *p, struct err *e)
{
	int rc;

	if (!ch->begun && !(p->flags & PACKET_NO_TIME)) {
		ch->begun = true;
		ch->first = p->when;
		ch->from.ns += ch->from.after ? p->when : 0;
		ch->to.ns += ch->to.after ? p->when : 0;
	}
	if (!numbers_hold(&ch->numbers, p->number) || !in_time(ch, p) ||
	    (ch->bpf && !bpf_match(ch->bpf, p)))
		return 0;
	if (ch->show.where || ch->show.has_pattern) {
		rc = show_choose(&ch->show, p, e);
		if (rc <= 0)
			return rc;
	}
	return 1;
}

int choice_change(struct choice *ch, struct packet *p, struct err *e)
{
	int rc = ch->rewrite ? rewrite_packet(ch->rewrite, p, e) : 0;

	if (opt_has(&ch->c->opt, OPT_ANONYMISE))
		p->said = NULL; /* what its file says of it may name others */

	ch->changed += rc > 0;
	return rc < 0 ? -1 : 0;
}

static void tell_idle(const struct choice *ch, enum option_id id, const char *name)
{
	const struct options *o = &ch->c->opt;

	for (unsigned i = 0; ch->rewrite && i < o->n[id]; i++)
		if (!rewrite_fitted(ch->rewrite, id == OPT_MAP, i))
			say(ch->c, "'--%s %s' fitted nothing", name, o->list[id][i]);
}

void choice_tell(const struct choice *ch)
{
	const char *why;
	uint64_t unread, first, n = ch->rewrite ? rewrite_unfit(ch->rewrite, &first, &why) : 0;

	if (n)
		say(ch->c,
		    n > 1 ? "packet %" PRIu64 " could not be changed: %s (and %" PRIu64 " more)"
			  : "packet %" PRIu64 " could not be changed: %s",
		    first, why, n - 1);
	tell_idle(ch, OPT_SET, "set");
	tell_idle(ch, OPT_MAP, "map");
	n = ch->rewrite ? rewrite_untold(ch->rewrite, &first) : 0;
	if (n)
		say(ch->c,
		    "in %" PRIu64 " packets, packet %" PRIu64
		    " first, a checksum did not follow the "
		    "change: what it covers is not all there",
		    n, first);
	n = ch->rewrite ? rewrite_tails(ch->rewrite, &first) : 0;
	if (n)
		say(ch->c,
		    "of the addresses that are written in part, %" PRIu64
		    " now end in a zero that may be left out, packet %" PRIu64 " first",
		    n, first);
	if (!ch->rewrite || !opt_has(&ch->c->opt, OPT_ANONYMISE))
		return;
	n = rewrite_anonymised(ch->rewrite, &unread);
	say(ch->c,
	    "%" PRIu64 " addresses were replaced; names and texts are as they were, and so are in "
	    "%" PRIu64 " packets bytes that no description reads",
	    n, unread);
}

void choice_close(struct choice *ch)
{
	rewrite_close(ch->rewrite);
	show_close(&ch->show, NULL);
	bpf_close(ch->bpf);
	free(ch->numbers.v);
	filter_words_done(&ch->filter);
}
