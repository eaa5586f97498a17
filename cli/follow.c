/* SPDX-License-Identifier: BSD-2-Clause */
/* What read and sniff do beyond single packets: --reassemble, --follow, --stats, --notes. */
#include "cli/follow.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/table.h"
#include "core/near.h"
#include "dissect/dissect.h"
#include "dissect/escape.h"

int follow_mode(struct following *w, struct cli *c, struct err *e)
{
	static const enum option_id id[] = { OPT_REASSEMBLE, OPT_FOLLOW, OPT_STATS, OPT_NOTES };
	const char *form = c->opt.v[OPT_AS];

	*w = (struct following) { .c = c, .side = -1 };
	for (unsigned i = 0; i < 4; i++) {
		if (!opt_has(&c->opt, id[i]))
			continue;
		if (w->mode)
			return err_set(e, ERR_USAGE,
				       "--reassemble, --follow, --stats and --notes: one of them "
				       "at a time");
		w->mode = (enum follow_mode)(i + 1);
	}
	if (w->mode == FOLLOW_STREAM && form && !opt_has(&c->opt, OPT_WRITE) &&
	    strcmp(form, "text") && strcmp(form, "hex") && strcmp(form, "raw") &&
	    strcmp(form, "json"))
		return err_set(e, ERR_USAGE,
			       "--follow prints text, hex, raw or json; -w writes the bytes "
			       "themselves");
	return 0;
}

/* ---- what is asked for ---- */

static int no_flow(const struct registry *reg, const char *name, size_t n, struct err *e)
{
	struct buf known = { 0 };
	const struct proto *p;

	for (unsigned i = 0; i < registry_count(reg) && known.n < 300; i++) {
		p = registry_at(reg, i);
		if (p->flow)
			buf_fmt(&known, " %s", p->name);
	}
	err_set(e, ERR_USAGE,
		"'%.*s' is no conversation: PROTOCOL:NUMBER, tcp:0 is the first; conversations "
		"have%s",
		(int)n, name, buf_cstr(&known));
	buf_done(&known);
	return -1;
}

/* tcp:1, or tcp:1.a of one side alone */
static int parse_follow(struct following *w, const char *text, struct err *e)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	unsigned long long v;
	char *end;

	w->proto = registry_find(w->c->reg, text, n);
	if (!colon || !w->proto || !w->proto->flow || !isdigit((unsigned char)colon[1]))
		return no_flow(w->c->reg, text, strlen(text) > 60 ? 60 : strlen(text), e);
	errno = 0;
	v = strtoull(colon + 1, &end, 10);
	if (*end == '.' && (end[1] == 'a' || end[1] == 'b') && !end[2]) {
		w->side = end[1] == 'b';
		end += 2;
	}
	if (errno || *end || v > UINT32_MAX)
		return err_set(e, ERR_USAGE,
			       "'%.60s' is no conversation: tcp:0, or tcp:0.a and tcp:0.b for "
			       "what one side sent",
			       text);
	w->number = (uint32_t)v;
	return 0;
}

/* ---- --reassemble ---- */

static int stop(struct following *w, int rc)
{
	w->gone = rc == SHOW_END;
	return rc == SHOW_OK ? 0 : 1;
}

static int on_whole(void *arg, struct packet *p)
{
	struct following *w = arg;

	return stop(w, show_whole(w->show, p, w->e));
}

/* Counted by the engine, and told at the end. */
static int on_clash_whole(void *arg, const struct packet *p, unsigned i, const struct flow_data *d)
{
	(void)arg, (void)p, (void)i, (void)d;
	return 0;
}

/* ---- --follow ---- */

static int more(struct following *w)
{
	int rc = out_more(&w->show->out, w->e) < 0 ? (w->show->out.gone ? SHOW_END : SHOW_ERROR)
						   : SHOW_OK;

	return stop(w, rc);
}

static int on_seen(void *arg, const struct packet *p, const struct flow_seen *s)
{
	struct following *w = arg;

	if (w->begun || s->number != w->number)
		return 0;
	w->begun = true;
	return flow_ends(&w->tree, p, s, &w->end[s->side], &w->end[!s->side]);
}

static void head(struct following *w)
{
	struct buf *out = &w->show->out.b;

	if (w->line.n++ || w->show->form == REPORT_JSON || w->show->form == REPORT_RAW)
		return;
	buf_fmt(out, "%s:%" PRIu32 "  a ", w->proto->name, w->number);
	escape_term((const uint8_t *)w->end[0].p, w->end[0].n, out);
	buf_str(out, "  b ");
	escape_term((const uint8_t *)w->end[1].p, w->end[1].n, out);
	buf_char(out, '\n');
}

static const char *mark(const struct following *w, unsigned side)
{
	return !w->c->color ? (side ? "< " : "> ") : (side ? "\033[34m< " : "\033[31m> ");
}

static void line_end(struct following *w)
{
	if (w->open_line)
		buf_str(&w->show->out.b, w->c->color ? "\033[0m\n" : "\n");
	w->open_line = false;
}

static void put_text(struct following *w, const struct flow_data *d)
{
	struct buf *out = &w->show->out.b;
	const uint8_t *p = d->p, *to = d->p + d->n;

	if (w->open_line && w->last != d->side)
		line_end(w);
	while (p < to) {
		const uint8_t *nl = memchr(p, '\n', (size_t)(to - p));
		size_t n = nl ? (size_t)(nl - p) : (size_t)(to - p);

		if (!w->open_line)
			buf_str(out, mark(w, d->side));
		w->open_line = true;
		w->last = d->side;
		escape_term(p, nl && n && p[n - 1] == '\r' ? n - 1 : n, out);
		if (nl)
			line_end(w);
		p += n + (nl != NULL);
	}
}

static void put_hex(struct following *w, const struct flow_data *d)
{
	struct buf *out = &w->show->out.b;

	for (uint32_t i = 0; i < d->n; i += 16) {
		uint32_t n = d->n - i < 16 ? d->n - i : 16;

		buf_str(out, mark(w, d->side));
		buf_x64(out, d->off + i, 8);
		buf_str(out, " ");
		for (uint32_t k = 0; k < 16; k++) {
			buf_str(out, k == 8 ? "  " : " ");
			if (k < n)
				buf_hex(out, d->p + i + k, 1);
			else
				buf_str(out, "  ");
		}
		buf_str(out, "  ");
		for (uint32_t k = 0; k < n; k++) {
			uint8_t b = d->p[i + k];

			buf_char(out, b >= 0x20 && b < 0x7f ? (char)b : '.');
		}
		buf_str(out, w->c->color ? "\033[0m\n" : "\n");
	}
}

/* As hex digits, a line a part; those of side b stand behind a tab. */
static void put_raw(struct following *w, const struct flow_data *d)
{
	struct buf *out = &w->show->out.b;

	if (d->side)
		buf_char(out, '\t');
	buf_hex(out, d->p, d->n);
	buf_char(out, '\n');
}

static void put_json(struct following *w, const struct flow_data *d, const char *what)
{
	struct buf *out = &w->show->out.b;

	buf_fmt(out, "{\"v\":1,\"stream\":\"%s:%" PRIu32 "\",\"side\":\"%c\",\"from\":\"",
		w->proto->name, w->number, "ab"[d->side]);
	escape_json((const uint8_t *)w->end[d->side].p, w->end[d->side].n, out);
	buf_str(out, "\",\"n\":");
	buf_u64(out, d->packet);
	buf_str(out, ",\"ts\":\"");
	buf_fmt(out, "%" PRId64 ".%09" PRId64, d->when / 1000000000, d->when % 1000000000);
	buf_str(out, "\",\"offset\":");
	buf_u64(out, d->off);
	if (d->missing) {
		buf_str(out, ",\"missing\":");
		buf_u64(out, d->missing);
	}
	if (d->conflict)
		buf_str(out, ",\"conflict\":true");
	buf_fmt(out, ",\"%s\":\"", what);
	buf_hex(out, d->p, d->n);
	buf_str(out, "\"}\n");
}

static void put_notes(struct following *w, const struct flow_data *d)
{
	struct buf *out = &w->show->out.b;

	if (w->show->form == REPORT_JSON || w->show->form == REPORT_RAW)
		return;
	if (d->missing || d->conflict)
		line_end(w);
	if (d->missing)
		buf_fmt(out, "%s[%" PRIu64 " bytes missing]\n", mark(w, d->side), d->missing);
	if (d->conflict)
		buf_fmt(out, "%s[overlapping parts said different bytes]\n", mark(w, d->side));
}

static int on_data(void *arg, const struct flow_data *d)
{
	struct following *w = arg;

	if (w->side >= 0 && d->side != w->side)
		return 0;
	w->taken += d->n;
	if (w->file) {
		if (fwrite(d->p, 1, d->n, w->file) == d->n)
			return 0;
		err_set(w->e, ERR_IO, "%s: %s", w->path, strerror(errno));
		return 1;
	}
	head(w);
	put_notes(w, d);
	switch (w->show->form) {
	case REPORT_TEXT: put_text(w, d); break;
	case REPORT_HEX: put_hex(w, d); break;
	case REPORT_RAW: put_raw(w, d); break;
	default: put_json(w, d, "data"); break;
	}
	return more(w);
}

/* A packet says otherwise what was printed, or what waits. */
static int on_clash(void *arg, const struct packet *p, unsigned i, const struct flow_data *d)
{
	struct following *w = arg;
	struct buf *out = &w->show->out.b;

	(void)p, (void)i;
	if (w->file || !d->proto->segment || (w->side >= 0 && d->side != w->side) ||
	    w->show->form == REPORT_RAW)
		return 0;
	head(w);
	if (w->show->form == REPORT_JSON) {
		put_json(w, d, "other");
		return more(w);
	}
	line_end(w);
	buf_fmt(out, "%s[packet %" PRIu64 " says other bytes at %" PRIu64 ": ", mark(w, d->side),
		d->packet, d->off);
	buf_hex(out, d->p, d->n < 16 ? d->n : 16);
	buf_fmt(out, "%s]%s\n", d->n > 16 ? "..." : "", w->c->color ? "\033[0m" : "");
	return more(w);
}

static int follow_file(struct following *w, struct err *e)
{
	const char *path = w->c->opt.v[OPT_WRITE];
	int fd;

	if (!path)
		return 0;
	w->path = strcmp(path, "-") ? path : "standard output";
	fd = strcmp(path, "-")
		     ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)
		     : dup(STDOUT_FILENO);
	w->file = fd < 0 ? NULL : fdopen(fd, "wb");
	return w->file ? 0
		       : err_set(e, errno == EACCES ? ERR_PERM : ERR_IO, "%s: %s", path,
				 strerror(errno));
}

/* ---- all three ---- */

static int open_stream(struct following *w, struct flow_opts *fo, struct err *e)
{
	if (parse_follow(w, w->c->opt.v[OPT_FOLLOW], e) || follow_file(w, e))
		return -1;
	fo->only = w->proto;
	fo->follow = &w->number;
	return 0;
}

static int open_stats(struct following *w, struct err *e)
{
	static const char *const words[] = { "conv", "hosts", "protocols", "time", NULL };
	int what = 0;
	int64_t interval = 1000000000;

	if (opt_word(&w->c->opt, OPT_STATS, words, &what, e) < 0 ||
	    opt_time(&w->c->opt, OPT_INTERVAL, &interval, e) < 0)
		return -1;
	if (interval <= 0)
		return err_set(e, ERR_USAGE, "--interval wants a time: 1s, 100ms");
	if (!table_form(w->show->form))
		return err_set(e, ERR_USAGE, "--stats prints line, json, flat or csv");
	w->what = (enum stats_what)what;
	w->show->out.b.n = 0; /* the tables have heads of their own */
	w->count =
		counting_open(w->c->reg, what <= STATS_HOSTS, what == STATS_PROTOCOLS, interval, e);
	return w->count ? 0 : -1;
}

int follow_open(struct following *w, struct showing *show, struct err *e)
{
	static const char *const words[] = { "first", "last", NULL };
	static const struct flow_ops whole = { .whole = on_whole, .clash = on_clash_whole },
				     data = { .seen = on_seen, .data = on_data, .clash = on_clash };
	struct flow_opts fo = { .reg = w->c->reg, .arg = w };
	int overlap = 0;

	w->show = show;
	if (w->mode == FOLLOW_NOT)
		return 0;
	if (w->mode == FOLLOW_STATS)
		return open_stats(w, e);
	if (opt_word(&w->c->opt, OPT_OVERLAP, words, &overlap, e) < 0)
		return -1;
	fo.overlap = (enum flow_overlap)overlap;
	fo.ops = w->mode == FOLLOW_STREAM ? &data : &whole;
	if ((w->mode == FOLLOW_STREAM && open_stream(w, &fo, e)) ||
	    (w->mode == FOLLOW_NOTES && notes_open(w, &fo, e)))
		return -1;
	w->flows = flows_open(&fo, e);
	return w->flows ? 0 : -1;
}

static int result(const struct following *w, int rc, struct err *e)
{
	if (rc == 0)
		return SHOW_OK;
	if (w->gone)
		return SHOW_END;
	err_set(e, ERR_IO, "no memory"); /* unless another error is set */
	return SHOW_ERROR;
}

int follow_packet(struct following *w, struct packet *p, const char *ifname, bool *shown,
		  struct err *e)
{
	int rc;

	w->e = e;
	*shown = false;
	if (w->mode == FOLLOW_NOT || w->mode == FOLLOW_REASSEMBLE) {
		rc = show_packet(w->show, p, ifname, shown, e);
		if (rc != SHOW_OK || w->mode == FOLLOW_NOT)
			return rc;
		return result(w, flows_packet(w->flows, p), e);
	}
	rc = show_choose(w->show, p, e);
	if (rc <= 0)
		return rc;
	*shown = true;
	rc = show_write(w->show, p, e);
	if (rc != SHOW_OK)
		return rc;
	if (w->tally)
		return result(w, notes_packet(w, p, e), e);
	return result(w, w->count ? counting_packet(w->count, p) : flows_packet(w->flows, p), e);
}

static void tell(const struct following *w)
{
	struct flow_counts n;

	flows_counts(w->flows, &n);
	if (n.unfinished)
		say(w->c, "%" PRIu64 " datagrams were never whole%s", n.unfinished,
		    n.crowded ? ", some for want of room" : "");
	if (n.conflicts)
		say(w->c, "%" PRIu64 " overlapping pieces said different bytes: %s", n.conflicts,
		    w->c->opt.v[OPT_OVERLAP] && !strcmp(w->c->opt.v[OPT_OVERLAP], "last")
			    ? "the last counted"
			    : "the first counted (--overlap last)");
	if (n.missing)
		say(w->c, "%" PRIu64 " bytes of streams are missing, in %" PRIu64 " holes",
		    n.missing, n.gaps);
	if (n.forgotten)
		say(w->c, "%" PRIu64 " conversations were forgotten for want of room", n.forgotten);
	if (n.odd)
		say(w->c, "%" PRIu64 " fragments fit nowhere, or were cut", n.odd);
}

int follow_end(struct following *w, struct err *e)
{
	int rc;

	if (w->mode == FOLLOW_NOT)
		return SHOW_OK;
	if (w->mode == FOLLOW_STATS)
		return stats_print(w, e);
	w->e = e;
	rc = result(w, flows_end(w->flows), e);
	if (w->mode == FOLLOW_NOTES && rc == SHOW_OK)
		rc = notes_print(w, e);
	if (w->mode == FOLLOW_STREAM)
		line_end(w);
	w->missing = w->mode == FOLLOW_STREAM && !w->begun && rc == SHOW_OK;
	if (w->missing)
		say(w->c, "there is no conversation %s:%" PRIu32, w->proto->name, w->number);
	if (w->file && fclose(w->file) && rc == SHOW_OK)
		rc = err_set(e, ERR_IO, "%s: %s", w->path, strerror(errno));
	w->file = NULL;
	tell(w);
	return rc;
}

void follow_done(struct following *w)
{
	if (w->file)
		fclose(w->file);
	flows_close(w->flows);
	counting_close(w->count);
	tally_close(w->tally);
	tree_done(&w->tree);
	buf_done(&w->end[0]);
	buf_done(&w->end[1]);
	*w = (struct following) { 0 };
}
