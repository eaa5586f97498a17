/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed captures: gzip (RFC 1952) through zlib, Zstandard (RFC 8878) through libzstd, each
 * only if the build found it. */
#include "capture/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef STRATA_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef STRATA_HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

#ifdef STRATA_SMALL_BUFFERS
#define PACKED 64u
#else
#define PACKED (128u << 10) /* bytes of compressed data read at once */
#endif

/* zstd -22 and --long make files that want 128 MiB and more. The format's own advice is 8 MiB (RFC
 * 8878 section 3.1.1.1.2); -20 takes 32. */
#define WINDOW_LOG 25

struct unpacker {
	int (*step)(struct stream *st, struct unpacker *u, uint8_t *p, size_t n, size_t *made);
	uint8_t *in; /* packed bytes in[pos..len) */
	size_t pos, len;
	bool in_eof;
	bool whole; /* between two members or frames: the file may end here */
#ifdef STRATA_HAVE_ZLIB
	z_stream z;
	bool z_open;
#endif
#ifdef STRATA_HAVE_ZSTD
	ZSTD_DStream *zstd;
#endif
};

const char *source_compressions(void)
{
#if defined(STRATA_HAVE_ZLIB) && defined(STRATA_HAVE_ZSTD)
	return ".gz .zst";
#elif defined(STRATA_HAVE_ZLIB)
	return ".gz";
#elif defined(STRATA_HAVE_ZSTD)
	return ".zst";
#else
	return "none";
#endif
}

#ifdef STRATA_HAVE_ZLIB
/* One round of inflate. 0 went on, 1 nothing more will come, -1 damaged. */
static int step_gzip(struct stream *st, struct unpacker *u, uint8_t *p, size_t n, size_t *made)
{
	u->z.next_in = u->in + u->pos;
	u->z.avail_in = (uInt)(u->len - u->pos);
	u->z.next_out = p;
	u->z.avail_out = (uInt)n;
	int rc = inflate(&u->z, Z_NO_FLUSH);
	u->pos = u->len - u->z.avail_in;
	*made = n - u->z.avail_out;
	if (rc == Z_OK || rc == Z_BUF_ERROR) {
		u->whole = false;
		return 0;
	}
	if (rc != Z_STREAM_END) {
		if (u->whole) /* bytes after the last member: gzip ignores them too */
			return 1;
		snprintf(st->bad, sizeof(st->bad), "%s", u->z.msg ? u->z.msg : "bad gzip data");
		return -1;
	}
	u->whole = true; /* another member may follow */
	return inflateReset(&u->z) == Z_OK ? 0 : -1;
}
#endif

#ifdef STRATA_HAVE_ZSTD
static int step_zstd(struct stream *st, struct unpacker *u, uint8_t *p, size_t n, size_t *made)
{
	ZSTD_inBuffer in = { u->in, u->len, u->pos };
	ZSTD_outBuffer out = { p, n, 0 };
	size_t rc = ZSTD_decompressStream(u->zstd, &out, &in);

	u->pos = in.pos;
	*made = out.pos;
	if (ZSTD_isError(rc)) {
		bool large = ZSTD_getErrorCode(rc) == ZSTD_error_frameParameter_windowTooLarge;

		snprintf(st->bad, sizeof(st->bad), "%s",
			 large ? "it wants over 32 MiB to unpack; try: zstd -dc --long=31"
			       : ZSTD_getErrorName(rc));
		return -1;
	}
	u->whole = rc == 0;
	return 0;
}
#endif

ptrdiff_t unpack_read(struct stream *st, uint8_t *p, size_t n, struct err *e)
{
	struct unpacker *u = st->unpack;
	size_t made = 0;

	if (n > 1u << 30)
		n = 1u << 30;
	for (;;) {
		if (u->pos == u->len && !u->in_eof) {
			ptrdiff_t got = stream_raw(st, u->in, PACKED, e);
			if (got < 0)
				return -1;
			u->pos = 0;
			u->len = (size_t)got;
			u->in_eof = got == 0;
		}
		if (u->in_eof && u->pos == u->len && u->whole)
			return 0;
		int rc = u->step(st, u, p, n, &made);
		if (made)
			return (ptrdiff_t)made;
		if (rc)
			return 0;
		if (u->in_eof && u->pos == u->len) {
			st->cut = !u->whole && !st->woken;
			return 0;
		}
	}
}

__attribute__((unused)) static struct unpacker *unpacker_new(struct stream *st, struct err *e)
{
	struct unpacker *u = calloc(1, sizeof(*u));

	if (u)
		u->in = malloc(PACKED > st->len ? PACKED : st->len);
	if (!u || !u->in) {
		free(u);
		err_set(e, ERR_IO, "%s: no memory", st->path);
		return NULL;
	}
	/* What was read to look at the magic is packed data. */
	memcpy(u->in, st->buf + st->pos, st->len - st->pos);
	u->len = st->len - st->pos;
	u->in_eof = st->eof;
	u->whole = false;
	st->pos = st->len = 0;
	st->eof = false;
	return u;
}

__attribute__((unused)) static int unpack_missing(struct stream *st, const char *what,
						  const char *tool, struct err *e)
{
	return err_set(e, ERR_IO,
		       "%s is compressed with %s, which was left out when this strata was built; "
		       "try: %s -dc FILE | strata read -",
		       st->path, what, tool);
}

int unpack_open(struct stream *st, const uint8_t *head, size_t n, struct err *e)
{
	if (n >= 3 && memcmp(head, "\x1f\x8b\x08", 3) == 0) {
#ifdef STRATA_HAVE_ZLIB
		struct unpacker *u = st->unpack = unpacker_new(st, e);
		if (!u)
			return -1;
		u->step = step_gzip;
		if (inflateInit2(&u->z, 15 + 16) != Z_OK) /* 16: gzip, not zlib, framing */
			return err_set(e, ERR_IO, "%s: no memory", st->path);
		u->z_open = true;
		return 0;
#else
		return unpack_missing(st, "gzip", "gzip", e);
#endif
	}
	if (n >= 4 && memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0) {
#ifdef STRATA_HAVE_ZSTD
		struct unpacker *u = st->unpack = unpacker_new(st, e);
		if (!u)
			return -1;
		u->step = step_zstd;
		u->zstd = ZSTD_createDStream();
		if (u->zstd)
			ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
		return u->zstd ? 0 : err_set(e, ERR_IO, "%s: no memory", st->path);
#else
		return unpack_missing(st, "zstd", "zstd", e);
#endif
	}
	return 0;
}

void unpack_close(struct unpacker *u)
{
	if (!u)
		return;
#ifdef STRATA_HAVE_ZLIB
	if (u->z_open)
		inflateEnd(&u->z);
#endif
#ifdef STRATA_HAVE_ZSTD
	ZSTD_freeDStream(u->zstd);
#endif
	free(u->in);
	free(u);
}
