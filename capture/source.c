/* SPDX-License-Identifier: BSD-2-Clause */
/* What devices and files have in common, and the files' side of it. */
#include "capture/impl.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"

struct source *source_new(const char *name, struct err *e)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s) {
		s->file.st.fd = -1;
		s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		s->name = strdup(name);
	}
	if (!s || !s->name || s->wake < 0) {
		err_set(e, ERR_IO, "cannot open %s: %s", name, strerror(errno));
		return source_close(s);
	}
	s->link = LINK_NONE;
	return s;
}

struct source *source_close(struct source *s)
{
	if (!s)
		return NULL;
	if (s->live)
		live_close(s);
	if (s->fanout)
		fanout_close(s);
	stream_close(&s->file.st);
	file_hex_close(s);
	for (uint32_t i = 0; i < s->file.nifs; i++)
		free(s->file.ifs[i].name);
	free(s->file.ifs);
	buf_done(&s->file.head);
	bpf_close(s->filter);
	if (s->wake >= 0)
		close(s->wake);
	free(s->name);
	free(s);
	return NULL;
}

/* ---- files ---- */

int file_cut(struct source *s, const char *what)
{
	if (!s->file.st.woken)
		snprintf(s->note, sizeof(s->note), "the file is cut off in %s", what);
	s->ended = true;
	return SOURCE_END;
}

int file_damaged(struct source *s, struct err *e, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	s->ended = true;
	s->note[0] = '\0';
	return err_set(e, ERR_IO, "%s is damaged after %" PRIu64 " packet%s: %s", s->file.st.path,
		       s->number, s->number == 1 ? "" : "s", why);
}

struct file_if *file_add_if(struct source *s, struct err *e)
{
	struct source_file *f = &s->file;

	if (f->nifs == f->cap) {
		uint32_t cap = f->cap ? f->cap * 2 : 4;
		struct file_if *v = realloc(f->ifs, cap * sizeof(*v));
		if (!v) {
			err_set(e, ERR_IO, "%s: no memory", s->name);
			return NULL;
		}
		f->ifs = v;
		f->cap = cap;
	}
	f->ifs[f->nifs] = (struct file_if) { 0 };
	return &f->ifs[f->nifs++];
}

/* ERR_IO with the reason, told from the first bytes. */
static int unknown_format(struct source *s, const uint8_t *h, size_t n, struct err *e)
{
	const char *path = s->file.st.path;
	bool text = n > 0;

	if (s->file.st.bad[0])
		return err_set(e, ERR_IO, "%s cannot be unpacked: %s", path, s->file.st.bad);
	if (n == 0)
		return err_set(e, ERR_IO, "%s is empty: no capture file", path);
	static const struct {
		const char *magic, *what;
		uint8_t n;
	} known[] = {
		{ "snoop\0\0\0", "a snoop file (RFC 1761)", 8 },
		{ "\x42\xd2\x00\x34", "a pcap of another time (libpcap 0.x)", 4 },
		{ "BZh", "compressed with bzip2", 3 },
		{ "\xfd"
		  "7zXZ",
		  "compressed with xz", 5 },
		{ "\x04\x22\x4d\x18", "compressed with lz4", 4 },
		{ "PK\x03\x04", "a zip archive", 4 },
		{ "GMBU", "a Microsoft Network Monitor file", 4 },
		{ "XCP\0", "a NetXRay file", 4 },
		{ "TRSNIFF", "a Sniffer file", 7 },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (n >= known[i].n && memcmp(h, known[i].magic, known[i].n) == 0)
			return err_set(e, ERR_IO,
				       "%s is %s; known are pcap and pcapng, plain or %s", path,
				       known[i].what, source_compressions());
	for (size_t i = 0; i < n; i++)
		text &= (h[i] >= ' ' && h[i] < 0x7f) || (h[i] >= 9 && h[i] <= 13);
	if (text)
		return err_set(e, ERR_IO, "%s is text, no capture file (pcap or pcapng)", path);
	return err_set(e, ERR_IO, "%s is no capture file: known are pcap and pcapng, plain or %s",
		       path, source_compressions());
}

struct source *source_open_file(const char *path, const struct source_options *o, struct err *e)
{
	static const struct source_options none;
	struct source *s = source_new(strcmp(path, "-") ? path : "standard input", e);
	size_t have = 0;

	if (!s)
		return NULL;
	if (!o)
		o = &none;
	s->snaplen = o->snaplen ? o->snaplen : PACKET_MAX;
	if (stream_open(&s->file.st, path, s->wake, e) < 0)
		return source_close(s);
	int rc = o->hex ? file_hex_open(s, o->want_link ? o->link : LINK_ETHERNET, e)
			: file_pcap_open(s, e);
	if (rc == 0)
		rc = file_pcapng_open(s, e);
	if (rc == 0) {
		const uint8_t *h = stream_peek(&s->file.st, 16, &have, e);
		if (h)
			unknown_format(s, h, have, e);
	}
	if (rc <= 0)
		return source_close(s);
	if (o->filter && *o->filter) {
		s->filter = bpf_open(o->filter, s->link, o->resolve, e);
		if (!s->filter)
			return source_close(s);
	}
	return s;
}

/* False: a pipe from which not a byte more came by the deadline (CLOCK_MONOTONIC ns). */
static __attribute__((noinline)) bool file_ready(const struct source *s, int64_t deadline_ns)
{
	const struct stream *st = &s->file.st;
	struct pollfd pf[2] = { { .fd = st->fd, .events = POLLIN },
				{ .fd = s->wake, .events = POLLIN } };

	if (!st->pipe || st->eof || st->unpack || st->len - st->pos > s->file.eat)
		return true;
	for (;;) {
		int64_t left = deadline_ns - clock_mono();
		if (left < 0)
			left = 0;
		struct timespec ts = clock_spec(left);
		int n = ppoll(pf, 2, &ts, NULL);
		if (n >= 0 || errno != EINTR)
			return n != 0;
	}
}

/* The end of a file, whole or not: rc of the reader that gave no packet, and its error. */
static int file_over(struct source *s, int rc, struct err *mine, struct err *e)
{
	s->ended = true;
	s->file.quick = false;
	if (s->file.st.bad[0] && !mine->code) /* the unpacker gave up before the reader */
		rc = file_damaged(s, mine, "%s", s->file.st.bad);
	if (mine->code && e)
		*e = *mine;
	return rc;
}

static int file_next(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e)
{
	for (;;) {
		if (s->ended || atomic_load(&s->breaks))
			return SOURCE_END;
		if (deadline_ns != INT64_MAX && !file_ready(s, deadline_ns))
			return SOURCE_NOTHING;
		struct err mine;
		mine.code = ERR_NONE; /* err_set clears the rest: this is a hot path */
		int rc = s->file.next(s, p, &mine);
		if (rc != SOURCE_PACKET)
			return file_over(s, rc, &mine, e);
		if (!s->filter || bpf_match(s->filter, p)) {
			s->stats.packets++;
			return rc;
		}
		s->stats.filtered++;
	}
}

/* ---- both ---- */

int source_next(struct source *s, struct packet *p, struct err *e)
{
	if (s->file.quick && !atomic_load_explicit(&s->breaks, memory_order_relaxed) &&
	    file_quick(s, p))
		return SOURCE_PACKET;
	if (s->fanout)
		return fanout_next(s, p, e);
	return s->is_live ? live_next(s, p, e) : file_next(s, p, INT64_MAX, e);
}

int source_wait(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e)
{
	if (s->fanout)
		return fanout_wait(s, p, deadline_ns, e);
	return s->is_live ? live_wait(s, p, deadline_ns, e) : file_next(s, p, deadline_ns, e);
}

void source_break(struct source *s)
{
	uint64_t one = 1;
	int keep = errno;

	atomic_fetch_add(&s->breaks, 1);
	if (s->fanout)
		fanout_break(s);
	if (write(s->wake, &one, sizeof(one)) < 0)
		errno = keep; /* it is readable already */
}

int source_fd(const struct source *s)
{
	if (s->fanout)
		return -1;
	return s->is_live ? live_fd(s) : s->file.st.pipe ? s->file.st.fd : -1;
}
uint16_t source_link(const struct source *s)
{
	return s->link;
}
bool source_live(const struct source *s)
{
	return s->is_live;
}
const char *source_name(const struct source *s)
{
	return s->name;
}
const char *source_note(const struct source *s)
{
	return s->note[0] ? s->note : NULL;
}
struct file_id source_file_id(const struct source *s)
{
	return s->file.st.id;
}

const char *source_if_name(const struct source *s, uint32_t ifindex)
{
	if (s->is_live)
		return s->name;
	return ifindex < s->file.nifs ? s->file.ifs[ifindex].name : NULL;
}

void source_stats(struct source *s, struct source_stats *st)
{
	if (s->fanout)
		fanout_stats(s);
	else if (s->is_live)
		live_stats(s);
	*st = s->stats;
}
