/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a file, decompressed on the way, as a window that moves forward. Internal to
 * capture/. */
#ifndef STRATA_CAPTURE_STREAM_H
#define STRATA_CAPTURE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "core/err.h"

struct unpacker; /* of compressed data; NULL: none */

struct stream {
	int fd;
	int wake; /* descriptor that becomes readable when a blocking read is to end; -1: none */
	char *path;
	uint8_t *buf;
	size_t cap, pos, len; /* buf[pos..len) was read and not eaten yet */
	struct unpacker *unpack;
	struct file_id id;
	bool pipe;     /* reading may block */
	bool eof;      /* nothing comes after buf[len) */
	bool woken;    /* a read ended because of wake */
	bool cut;      /* the compressed data ends in the middle */
	char bad[128]; /* the compressed data is damaged: how; else "" */
};

/* "-" is standard input. */
int stream_open(struct stream *st, const char *path, int wake, struct err *e);
void stream_close(struct stream *st);
/* What stream_peek and stream_skip do when the window does not hold n bytes. */
const uint8_t *stream_peek_far(struct stream *st, size_t n, size_t *have, struct err *e);
bool stream_skip_far(struct stream *st, uint64_t n, struct err *e);

/* The next n bytes without eating them. *have < n only at the end (or woken). NULL: reading failed.
 * Valid until the next call. */
static inline const uint8_t *stream_peek(struct stream *st, size_t n, size_t *have, struct err *e)
{
	if (st->len - st->pos < n)
		return stream_peek_far(st, n, have, e);
	*have = n;
	return st->buf + st->pos;
}

/* Eat n bytes, peeked before or not. False: the file ended before, or reading failed (e). */
static inline bool stream_skip(struct stream *st, uint64_t n, struct err *e)
{
	if (n > st->len - st->pos)
		return stream_skip_far(st, n, e);
	st->pos += n;
	return true;
}

/* unpack.c */
/* Does a file that begins so hold compressed data? Then st->unpack is set. -1 with e when this
 * build cannot read it. */
int unpack_open(struct stream *st, const uint8_t *head, size_t n, struct err *e);
void unpack_close(struct unpacker *u);
/* Up to n unpacked bytes into p. 0: the end. */
ptrdiff_t unpack_read(struct stream *st, uint8_t *p, size_t n, struct err *e);
/* Read from the file itself: > 0 bytes, 0 end or woken, -1 e. */
ptrdiff_t stream_raw(struct stream *st, uint8_t *p, size_t n, struct err *e);

#endif
