/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a capture file that is being written: which form, one buffer of whole records, what
 * is safe. pcap_dump() is not used: it returns void, so a full disk is a silence. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/impl.h"
#include "capture/sink_impl.h"
#include "core/clock.h"

#define BUFFER (1u << 20)   /* bytes; grows for a record that is longer */
#define KEPT_MAX (4u << 20) /* bytes of names and secrets that a next file repeats */
#define FLUSH_NS 1000000000LL

void sink_end_record(struct sink *s, bool packet)
{
	s->ends[s->nends] = (uint32_t)s->n;
	s->is_packet[s->nends++] = packet;
	if (s->due == INT64_MAX)
		s->due = clock_coarse() + FLUSH_NS;
}

static int sink_failed(struct sink *s, const char *why, struct err *e)
{
	s->failed = true;
	err_set(&s->err, ERR_IO, "cannot write %s: %s; %" PRIu64 " packet%s safe", s->f.path, why,
		sink_safe(s), sink_safe(s) == 1 ? " is" : "s are");
	if (e)
		*e = s->err;
	return SINK_ERROR;
}

int sink_empty(struct sink *s, struct err *e)
{
	size_t done = 0, whole = 0;
	char why[128] = "";

	if (s->f.gone)
		return SINK_GONE;
	if (s->failed) {
		if (e)
			*e = s->err;
		return SINK_ERROR;
	}
	if (!s->n)
		return SINK_OK;
	int rc = out_write(&s->f, s->buf, s->n, &done, why);
	for (size_t i = 0; i < s->nends && s->ends[i] <= done; i++) {
		whole = s->ends[i];
		s->safe += s->is_packet[i];
	}
	out_keep(&s->f, whole);
	s->bytes += whole;
	s->n = s->nends = 0;
	s->due = INT64_MAX;
	if (rc == SINK_ERROR) {
		out_cut(&s->f);
		/* Not even its header: of a row of files it is none. */
		if (s->rotates && s->f.regular && s->f.at == 0)
			unlink(s->f.path);
		return sink_failed(s, why, e);
	}
	return rc;
}

int sink_room(struct sink *s, size_t n, unsigned records, struct err *e)
{
	int rc = SINK_OK;

	if (s->n + n > s->cap || s->nends + records > SINK_RECORDS)
		rc = sink_empty(s, e);
	if (rc == SINK_OK && n > s->cap) {
		uint8_t *p = realloc(s->buf, n);
		if (!p)
			return err_set(e, ERR_IO, "%s: no memory", s->f.path);
		s->buf = p;
		s->cap = n;
	}
	return rc;
}

/* ---- one becomes the other ---- */

/* The pcap file so far, written again as pcapng beside it, takes its place: a second link type has
 * come. */
static int become_ng(struct sink *s, struct err *e)
{
	struct out_file tmp;
	struct source *in = NULL;
	struct packet p;
	int rc = sink_empty(s, e);

	if (rc != SINK_OK)
		return rc;
	if (!s->f.regular || s->fixed)
		return err_set(e, ERR_USAGE,
			       "packets of several link types make a pcapng: say -w FILE.pcapng");
	if (out_beside(&tmp, &s->f, e) < 0)
		return SINK_ERROR;
	struct out_file old = s->f;
	uint64_t count = s->count, safe = s->safe;
	in = source_open_file(old.path, NULL, e);
	s->f = tmp;
	s->format = SINK_PCAPNG;
	s->safe = 0;
	rc = in ? ng_start(s, e) : SINK_ERROR;
	while (rc == SINK_OK && (rc = source_next(in, &p, e)) == SOURCE_PACKET)
		rc = ng_put(s, &p, e);
	if (rc == SOURCE_END)
		rc = sink_empty(s, e);
	source_close(in);
	tmp = s->f;
	s->f = old;
	s->count = count;
	if (rc == SINK_OK)
		rc = out_replace(&s->f, &tmp, e);
	if (rc != SINK_OK && tmp.fd >= 0) {
		char why[128];
		unlink(tmp.path);
		out_close(&tmp, why);
		s->safe = safe;
		s->failed = true;
		if (e)
			s->err = *e;
		return SINK_ERROR;
	}
	return rc;
}

/* ---- the form of the file ---- */

static bool name_ends(const struct sink *s, const char *with)
{
	size_t n = pack_bare_name(s->f.path), k = strlen(with);

	return n > k && memcmp(s->f.path + n - k, with, k) == 0;
}

bool sink_is_pcapng(const struct sink *s)
{
	if (s->format != SINK_AUTO)
		return s->format == SINK_PCAPNG;
	if (name_ends(s, ".pcapng") || name_ends(s, ".ntar"))
		return true;
	return s->ng_feed && !name_ends(s, ".pcap") && !name_ends(s, ".cap") &&
	       !name_ends(s, ".dmp");
}

/* Write what comes before the first packet, unless block b, which follows, is that itself. */
static int sink_start(struct sink *s, const struct file_block *b, struct err *e)
{
	s->format = sink_is_pcapng(s) ? SINK_PCAPNG : SINK_PCAP;
	s->one_section &= s->nfeeds > 1;
	s->started = true;
	if (s->format == SINK_PCAP)
		return pcap_start(s, e);
	return b && b->type == BLOCK_SECTION && !s->one_section ? SINK_OK : ng_start(s, e);
}

const struct packet_record *sink_record(const struct sink *s, const struct packet *p, bool *same)
{
	const struct packet_record *r = p->said ? p->said->record : NULL;

	*same = false;
	if (!r || !r->tap || record_feed(r)->sink != s)
		return NULL;
	*same = r->n && p->data == r->data && p->len == r->len && p->wire_len == r->wire_len &&
		p->when == r->when && p->link == r->link && p->said->options == r->options &&
		p->said->len == r->options_len;
	return r;
}

/* Remember how the section begins, as far as packets need it. */
static int keep_block(struct feed *f, const struct file_block *b)
{
	if (b->type == BLOCK_SECTION) {
		for (struct feed *o = f->sink->feeds; o && !f->sink->one_section; o = o->next)
			o->kept.n = 0; /* that section is over */
		f->kept.n = 0;
		f->kept_first = b->if_first;
	}
	if (b->type == BLOCK_SECTION || b->type == BLOCK_INTERFACE ||
	    ((b->type == BLOCK_NAMES || b->type == BLOCK_SECRETS) && f->kept.n + b->n <= KEPT_MAX))
		buf_put(&f->kept, b->p, b->n);
	return f->kept.failed ? -1 : 0;
}

int take_block(struct block_tap *t, const struct file_block *b, struct err *e)
{
	struct feed *f = (struct feed *)t;
	struct sink *s = f->sink;
	int rc = SINK_OK;

	if (s->f.gone)
		return 0; /* the next packet tells */
	if (s->follow && keep_block(f, b) < 0)
		return err_set(e, ERR_IO, "%s: no memory", s->f.path);
	if (s->failed)
		return sink_empty(s, e);
	if (!s->started && b->pcap) {
		memcpy(s->header, b->p, sizeof(s->header));
		s->header_swap = b->swap;
	}
	if (!sink_is_pcapng(s)) { /* its header waits for the link type of a packet */
		lost_block(s, b);
		return 0;
	}
	if (!s->started)
		rc = sink_start(s, b, e);
	if (rc == SINK_OK)
		rc = ng_block(s, f, b, e);
	return rc == SINK_ERROR ? -1 : 0;
}

int sink_attach(struct sink *s, struct source *src, const struct sink_change *c, struct err *e)
{
	struct feed *f = calloc(1, sizeof(*f)), **at = &s->feeds;

	if (!f)
		return err_set(e, ERR_IO, "no memory");
	*f = (struct feed) { .tap = { take_block }, .sink = s, .src = src };
	if (c)
		f->change = *c;
	while (*at)
		at = &(*at)->next;
	*at = f;
	s->nfeeds++;
	s->ng_feed |= src->file.ng;
	src->file.tap = &f->tap;
	src->file.quick = false;
	return 0;
}

int sink_write(struct sink *s, const struct packet *p, struct err *e)
{
	int rc = SINK_OK;

	if (s->f.gone)
		return SINK_GONE;
	if (s->failed)
		return sink_empty(s, e);
	if (p->link == LINK_NONE)
		return err_set(e, ERR_USAGE,
			       "%s: these bytes have no link type; begin with a layer that has "
			       "one, or say link=N",
			       s->f.path);
	if (s->rotates)
		rc = rotate_before(s, p, e);
	if (rc == SINK_OK && !s->started) {
		s->link = p->link;
		rc = sink_start(s, NULL, e);
	}
	if (rc == SINK_OK && s->format == SINK_PCAP && p->link != s->link)
		rc = become_ng(s, e);
	if (rc == SINK_OK)
		rc = s->format == SINK_PCAP ? pcap_put(s, p, e) : ng_put(s, p, e);
	if (rc != SINK_OK)
		return rc;
	s->count++;
	if (s->rotates)
		rc = rotate_after(s, e);
	return rc == SINK_OK && s->due <= clock_coarse() ? sink_flush(s, e) : rc;
}

int sink_flush(struct sink *s, struct err *e)
{
	return rotate_due(s) ? rotate_end(s, e) : sink_empty(s, e);
}

static void sink_free(struct sink *s)
{
	if (!s)
		return;
	for (struct feed *f = s->feeds, *next; f; f = next) {
		next = f->next;
		free(f->map);
		buf_done(&f->kept);
		free(f);
	}
	for (uint32_t i = 0; i < s->nifs; i++)
		free(s->ifs[i].name);
	free(s->ifs);
	buf_done(&s->scratch);
	free(s->buf);
	free(s->path);
	rotate_done(s);
	free(s);
}

struct sink *sink_open(const char *path, const struct sink_options *o, struct err *e)
{
	static const struct sink_options none;
	struct sink *s = calloc(1, sizeof(*s));

	if (!o)
		o = &none;
	if (s) {
		s->f.fd = -1;
		s->buf = malloc(BUFFER);
		s->path = strdup(path);
	}
	if (!s || !s->buf || !s->path) {
		sink_free(s);
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	s->cap = BUFFER;
	s->due = INT64_MAX;
	s->opt = *o;
	s->format = o->format;
	s->fixed = o->format == SINK_PCAP;
	s->one_section = o->one_section;
	s->link = o->has_link ? o->link : LINK_ETHERNET;
	s->told_at = clock_wall();
	s->rotates = o->rotate.packets || o->rotate.bytes || o->rotate.ns;
	s->follow = s->rotates;
	s->ends_at = INT64_MAX;
	if (s->rotates && strcmp(path, "-") == 0) {
		err_set(e, ERR_USAGE, "standard output is one file: it cannot be split");
		sink_free(s);
		return NULL;
	}
	if ((s->rotates ? rotate_open(s, e) : out_open(&s->f, path, o, e)) < 0) {
		sink_free(s);
		return NULL;
	}
	if (o->has_link && !o->late &&
	    (sink_start(s, NULL, e) != SINK_OK ||
	     (s->format == SINK_PCAPNG && ng_first_link(s, e) != SINK_OK) ||
	     sink_flush(s, e) == SINK_ERROR)) {
		sink_close(s, NULL);
		return NULL;
	}
	return s;
}

int sink_finish(struct sink *s, struct err *e)
{
	char why[128];
	int rc = SINK_OK;

	/* A file without packets is a capture too: readers want the header. */
	if (!s->started && !s->failed && !s->f.gone) {
		s->one_section = false;
		rc = sink_start(s, NULL, e);
		if (rc == SINK_OK && s->format == SINK_PCAPNG)
			rc = ng_first_link(s, e);
	}
	if (rc == SINK_OK)
		rc = losses_put(s, e);
	if (rc == SINK_OK)
		rc = sink_empty(s, e);
	char *path = strdup(s->f.path ? s->f.path : "");
	if (out_close(&s->f, why) < 0 && rc == SINK_OK) {
		s->failed = true;
		rc = err_set(&s->err, ERR_IO,
			     "closing %s failed: %s; its %" PRIu64 " packets may be lost",
			     path ? path : "the file", why, s->safe);
		if (e)
			*e = s->err;
	}
	free(path);
	return rc;
}

int sink_close(struct sink *s, struct err *e)
{
	int rc = s && !s->between ? sink_finish(s, e) : SINK_OK;

	sink_free(s);
	return rc;
}

uint64_t sink_bytes(const struct sink *s)
{
	return s->bytes + s->n;
}
int64_t sink_due(const struct sink *s)
{
	int64_t ends = s->rotates && !s->between && s->count ? s->ends_at : INT64_MAX;

	return s->due < ends ? s->due : ends;
}
uint64_t sink_safe(const struct sink *s)
{
	return s->before + s->safe;
}
uint64_t sink_count(const struct sink *s)
{
	return s->count_before + s->count;
}
const char *sink_name(const struct sink *s)
{
	return s->f.path ? s->f.path : s->path;
}
unsigned sink_files(const struct sink *s)
{
	return s->rotates ? s->files : 1;
}
