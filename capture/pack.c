/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed captures as they are written: gzip (RFC 1952) through zlib, Zstandard (RFC 8878)
 * through libzstd, each only if the build found it. */
#include "capture/pack.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#ifdef STRATA_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef STRATA_HAVE_ZSTD
#include <zstd.h>
#endif

#define PACKED (128u << 10) /* bytes of compressed data written at once */

struct packer {
	int (*step)(struct packer *k, const uint8_t *p, size_t n, size_t *used, size_t *made);
#ifdef STRATA_HAVE_ZLIB
	z_stream z;
	bool z_open;
#endif
#ifdef STRATA_HAVE_ZSTD
	ZSTD_CStream *zstd;
#endif
	uint8_t out[PACKED];
};

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);

	return n > k && strcmp(s + n - k, with) == 0;
}

size_t pack_bare_name(const char *path)
{
	size_t n = strlen(path);

	return ends(path, ".gz") ? n - 3 : ends(path, ".zst") ? n - 4 : n;
}

/* A step makes more of the frame of p[0..n): 0 there is more, 1 it is whole, -1. */
#ifdef STRATA_HAVE_ZLIB
static int step_gzip(struct packer *k, const uint8_t *p, size_t n, size_t *used, size_t *made)
{
	uInt piece = n > 1u << 30 ? 1u << 30 : (uInt)n;

	k->z.next_in = (Bytef *)(uintptr_t)p; /* zlib does not write there */
	k->z.avail_in = piece;
	k->z.next_out = k->out;
	k->z.avail_out = PACKED;
	int rc = deflate(&k->z, piece == n ? Z_FINISH : Z_NO_FLUSH);
	*used = piece - k->z.avail_in;
	*made = PACKED - k->z.avail_out;
	if (rc != Z_STREAM_END)
		return rc == Z_OK || rc == Z_BUF_ERROR ? 0 : -1;
	return deflateReset(&k->z) == Z_OK ? 1 : -1;
}
#endif

#ifdef STRATA_HAVE_ZSTD
static int step_zstd(struct packer *k, const uint8_t *p, size_t n, size_t *used, size_t *made)
{
	ZSTD_inBuffer in = { p, n, 0 };
	ZSTD_outBuffer out = { k->out, PACKED, 0 };
	size_t left = ZSTD_compressStream2(k->zstd, &out, &in, ZSTD_e_end);

	*used = in.pos;
	*made = out.pos;
	return ZSTD_isError(left) ? -1 : left == 0;
}
#endif

int pack_write(struct packer *k, const uint8_t *p, size_t n,
	       int (*put)(void *arg, const uint8_t *p, size_t n), void *arg)
{
	int more = 0;

	while (more == 0) {
		size_t used, made;

		more = k->step(k, p, n, &used, &made);
		if (more < 0)
			return -1;
		p += used;
		n -= used;
		int rc = made ? put(arg, k->out, made) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

__attribute__((unused)) static struct packer *missing(const char *path, const char *what,
						      struct err *e)
{
	err_set(e, ERR_IO,
		"%s would be compressed with %s, which was left out when this strata was built",
		path, what);
	return NULL;
}

struct packer *pack_open(const char *path, struct err *e)
{
	/* A plain file with such a name is of no use. */
	static const char *const others[] = { ".xz", ".bz2", ".lz4", ".lzma", ".zip", ".Z" };
	bool gzip = ends(path, ".gz"), zstd = ends(path, ".zst");

	for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (ends(path, others[i])) {
			err_set(e, ERR_USAGE,
				"%s: captures are compressed as .gz or .zst, not as %s", path,
				others[i] + 1);
			return NULL;
		}
	}
	if (!gzip && !zstd)
		return NULL;
#ifndef STRATA_HAVE_ZLIB
	if (gzip)
		return missing(path, "gzip", e);
#endif
#ifndef STRATA_HAVE_ZSTD
	if (zstd)
		return missing(path, "zstd", e);
#endif
	struct packer *k = calloc(1, sizeof(*k));
	bool ok = k != NULL;
#ifdef STRATA_HAVE_ZLIB
	if (k && gzip) {
		k->step = step_gzip;
		/* 16: gzip, not zlib, framing */
		ok = k->z_open = deflateInit2(&k->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
					      Z_DEFAULT_STRATEGY) == Z_OK;
	}
#endif
#ifdef STRATA_HAVE_ZSTD
	if (k && zstd) {
		k->step = step_zstd;
		k->zstd = ZSTD_createCStream();
		ok = k->zstd != NULL;
	}
#endif
	if (ok)
		return k;
	pack_close(k);
	err_set(e, ERR_IO, "no memory");
	return NULL;
}

void pack_close(struct packer *k)
{
	if (!k)
		return;
#ifdef STRATA_HAVE_ZLIB
	if (k->z_open)
		deflateEnd(&k->z);
#endif
#ifdef STRATA_HAVE_ZSTD
	ZSTD_freeCStream(k->zstd);
#endif
	free(k);
}
