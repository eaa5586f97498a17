/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes pcap (draft-ietf-opsawg-pcap, nanosecond magic) and pcapng (draft-ietf-opsawg-pcapng).
 * pcap_dump() is not used: it returns void, so a full disk is a silence. */
#include "capture/sink_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFER (1u << 20) /* bytes; a record of the largest packet fits in */
#define RECORDS 8192u     /* records in the buffer, at most */
#define FLUSH_NS 1000000000LL
#define LINKS_MAX 4096

struct sink {
	struct out_file f;
	enum sink_format format; /* PCAP or PCAPNG once the header is written */
	bool started, failed;
	bool fixed;      /* the format was asked for: a second link type is an error */
	struct err err;  /* the first failure, told again */
	uint16_t *links; /* pcapng: link type of each interface */
	unsigned nlinks;
	uint64_t count, safe; /* packets accepted; in the file */
	int64_t due;          /* CLOCK_MONOTONIC; INT64_MAX: the buffer is empty */
	size_t n, nends;
	uint32_t ends[RECORDS]; /* where each record in buf ends */
	bool is_packet[RECORDS];
	uint8_t buf[BUFFER];
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void put32(struct sink *s, uint32_t v)
{
	memcpy(s->buf + s->n, &v, 4);
	s->n += 4;
}

static void put16(struct sink *s, uint16_t v)
{
	memcpy(s->buf + s->n, &v, 2);
	s->n += 2;
}

static void end_record(struct sink *s, bool packet)
{
	s->ends[s->nends] = (uint32_t)s->n;
	s->is_packet[s->nends++] = packet;
	if (s->due == INT64_MAX)
		s->due = now_ns() + FLUSH_NS;
}

static int sink_failed(struct sink *s, const char *why, struct err *e)
{
	s->failed = true;
	err_set(&s->err, ERR_IO, "cannot write %s: %s; %" PRIu64 " packet%s safe", s->f.path, why,
		s->safe, s->safe == 1 ? " is" : "s are");
	if (e)
		*e = s->err;
	return SINK_ERROR;
}

int sink_flush(struct sink *s, struct err *e)
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
	s->f.at += (int64_t)whole;
	s->n = s->nends = 0;
	s->due = INT64_MAX;
	if (rc == SINK_ERROR) {
		out_cut(&s->f, s->f.at);
		return sink_failed(s, why, e);
	}
	return rc;
}

/* Room for a record of n bytes. */
static int sink_room(struct sink *s, size_t n, struct err *e)
{
	return s->n + n > BUFFER || s->nends >= RECORDS - 2 ? sink_flush(s, e) : SINK_OK;
}

/* ---- pcapng ---- */

static void put_section(struct sink *s)
{
	static const char us[8] = "strata"; /* padded to a multiple of four */
	uint32_t len = 28 + 4 + sizeof(us) + 4;

	put32(s, 0x0a0d0d0a);
	put32(s, len);
	put32(s, 0x1a2b3c4d);
	put16(s, 1);
	put16(s, 0);
	put32(s, UINT32_MAX); /* length of the section: not said */
	put32(s, UINT32_MAX);
	put16(s, 4); /* shb_userappl */
	put16(s, 6);
	memcpy(s->buf + s->n, us, sizeof(us));
	s->n += sizeof(us);
	put32(s, 0); /* opt_endofopt */
	put32(s, len);
	end_record(s, false);
}

static void put_interface(struct sink *s, uint16_t link)
{
	put32(s, 1);
	put32(s, 32);
	put16(s, link);
	put16(s, 0);
	put32(s, PACKET_MAX);
	put16(s, 9); /* if_tsresol */
	put16(s, 1);
	put32(s, 0);
	s->buf[s->n - 4] = 9; /* 10^-9 */
	put32(s, 0);          /* opt_endofopt */
	put32(s, 32);
	end_record(s, false);
}

/* The interface for this link type; -1: no memory. */
static int interface_of(struct sink *s, uint16_t link)
{
	for (unsigned i = 0; i < s->nlinks; i++)
		if (s->links[i] == link)
			return (int)i;
	if (!s->links)
		s->links = malloc(LINKS_MAX * sizeof(*s->links));
	if (!s->links || s->nlinks == LINKS_MAX)
		return -1;
	s->links[s->nlinks] = link;
	put_interface(s, link);
	return (int)s->nlinks++;
}

static int put_ng(struct sink *s, const struct packet *p, struct err *e)
{
	uint32_t padded = (p->len + 3) & ~3u, flags = p->flags & PACKET_OUTGOING ? 2 : 0;
	uint32_t len = 32 + padded + (flags ? 12 : 0);

	if (sink_room(s, len + 32, e) != SINK_OK)
		return s->f.gone ? SINK_GONE : SINK_ERROR;
	int id = interface_of(s, p->link);
	if (id < 0)
		return err_set(e, ERR_IO, "%s: too many link types", s->f.path);
	if (p->when < 0)
		return err_set(e, ERR_IO, "%s: pcapng has no time before 1970", s->f.path);
	put32(s, 6);
	put32(s, len);
	put32(s, (uint32_t)id);
	put32(s, (uint32_t)((uint64_t)p->when >> 32));
	put32(s, (uint32_t)p->when);
	put32(s, p->len);
	put32(s, p->wire_len > p->len ? p->wire_len : p->len);
	if (p->len)
		memcpy(s->buf + s->n, p->data, p->len);
	memset(s->buf + s->n + p->len, 0, padded - p->len);
	s->n += padded;
	if (flags) {
		put16(s, 2); /* epb_flags: direction */
		put16(s, 4);
		put32(s, flags);
		put32(s, 0);
	}
	put32(s, len);
	end_record(s, true);
	return SINK_OK;
}

/* ---- pcap ---- */

static void put_header(struct sink *s, uint16_t link)
{
	put32(s, 0xa1b23c4d);
	put16(s, 2);
	put16(s, 4);
	put32(s, 0); /* once the time zone */
	put32(s, 0);
	put32(s, PACKET_MAX);
	put32(s, link);
	end_record(s, false);
}

static int put_pcap(struct sink *s, const struct packet *p, struct err *e)
{
	int64_t sec = p->when / 1000000000, ns = p->when % 1000000000;

	if (ns < 0) {
		ns += 1000000000;
		sec--;
	}
	if (sec < 0 || sec > UINT32_MAX)
		return err_set(e, ERR_IO,
			       "%s: a pcap file has no room for the time of packet %" PRIu64
			       "; a name ending in .pcapng has",
			       s->f.path, s->count + 1);
	if (sink_room(s, 16 + p->len, e) != SINK_OK)
		return s->f.gone ? SINK_GONE : SINK_ERROR;
	put32(s, (uint32_t)sec);
	put32(s, (uint32_t)ns);
	put32(s, p->len);
	put32(s, p->wire_len > p->len ? p->wire_len : p->len);
	if (p->len)
		memcpy(s->buf + s->n, p->data, p->len);
	s->n += p->len;
	end_record(s, true);
	return SINK_OK;
}

/* ---- one becomes the other ---- */

/* The pcap file so far, written again as pcapng beside it, takes its place: a second link type has
 * come. */
static int become_ng(struct sink *s, struct err *e)
{
	struct out_file tmp;
	struct source *in = NULL;
	struct packet p;
	int rc = sink_flush(s, e);

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
	put_section(s);
	rc = in ? SINK_OK : SINK_ERROR;
	while (rc == SINK_OK && (rc = source_next(in, &p, e)) == SOURCE_PACKET)
		rc = put_ng(s, &p, e);
	if (rc == SOURCE_END)
		rc = sink_flush(s, e);
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

static int sink_start(struct sink *s, uint16_t link)
{
	size_t n = strlen(s->f.path);

	if (s->format == SINK_AUTO)
		s->format = n > 7 && strcmp(s->f.path + n - 7, ".pcapng") == 0 ? SINK_PCAPNG
									       : SINK_PCAP;
	if (!s->links)
		s->links = malloc(LINKS_MAX * sizeof(*s->links));
	if (!s->links)
		return -1;
	if (s->format == SINK_PCAPNG) {
		put_section(s);
		interface_of(s, link);
	} else {
		put_header(s, link);
		s->links[0] = link;
	}
	s->started = true;
	return 0;
}

int sink_write(struct sink *s, const struct packet *p, struct err *e)
{
	int rc;

	if (s->f.gone)
		return SINK_GONE;
	if (s->failed)
		return sink_flush(s, e);
	if (p->link == LINK_NONE)
		return err_set(e, ERR_USAGE,
			       "%s: these bytes have no link type; begin with a layer that has "
			       "one, or say link=N",
			       s->f.path);
	if (!s->started && sink_start(s, p->link) < 0)
		return err_set(e, ERR_IO, "%s: no memory", s->f.path);
	if (s->format == SINK_PCAP && p->link != s->links[0]) {
		rc = become_ng(s, e);
		if (rc != SINK_OK)
			return rc;
	}
	rc = s->format == SINK_PCAP ? put_pcap(s, p, e) : put_ng(s, p, e);
	if (rc != SINK_OK)
		return rc;
	s->count++;
	return s->due <= now_ns() ? sink_flush(s, e) : SINK_OK;
}

struct sink *sink_open(const char *path, const struct sink_options *o, struct err *e)
{
	static const struct sink_options none;
	struct sink *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	if (!o)
		o = &none;
	s->due = INT64_MAX;
	s->format = o->format;
	s->fixed = o->format == SINK_PCAP;
	if (out_open(&s->f, path, o, e) < 0) {
		free(s);
		return NULL;
	}
	if (o->has_link && (sink_start(s, o->link) < 0 || sink_flush(s, e) == SINK_ERROR)) {
		sink_close(s, NULL);
		return NULL;
	}
	return s;
}

int sink_close(struct sink *s, struct err *e)
{
	char why[128];
	int rc;

	if (!s)
		return SINK_OK;
	/* A file without packets is a capture too: readers want the header. */
	if (!s->started && !s->failed && !s->f.gone)
		sink_start(s, LINK_ETHERNET);
	rc = sink_flush(s, e);
	char *path = strdup(s->f.path ? s->f.path : "");
	if (out_close(&s->f, why) < 0 && rc == SINK_OK) {
		rc = SINK_ERROR;
		err_set(e, ERR_IO, "closing %s failed: %s; its %" PRIu64 " packets may be lost",
			path ? path : "the file", why, s->safe);
	}
	free(path);
	free(s->links);
	free(s);
	return rc;
}

int64_t sink_due(const struct sink *s)
{
	return s->due;
}
uint64_t sink_safe(const struct sink *s)
{
	return s->safe;
}
uint64_t sink_count(const struct sink *s)
{
	return s->count;
}
const char *sink_name(const struct sink *s)
{
	return s->f.path;
}
