/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of capture/ share: files made byte by byte, in a folder that goes with the test.
 */
#ifndef STRATA_TESTS_CAPTURE_HELP_H
#define STRATA_TESTS_CAPTURE_HELP_H

#include "tests/unit/unit.h"

#include <signal.h>

#include "capture/source.h"

/* Numbers are put in either order. */
struct bytes {
	uint8_t p[16384];
	size_t n;
	bool big;
	size_t block; /* where the block being made begins */
};

static inline void put(struct bytes *b, uint64_t v, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		b->p[b->n++] = (uint8_t)(v >> 8 * (b->big ? width - 1 - i : i));
}

static inline void put_mem(struct bytes *b, const void *p, size_t n)
{
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void pcap_head(struct bytes *b, uint32_t magic, unsigned minor, uint32_t link)
{
	put(b, magic, 4);
	put(b, 2, 2);
	put(b, minor, 2);
	put(b, 0, 8);
	put(b, 65535, 4);
	put(b, link, 4);
}

static inline void pcap_rec(struct bytes *b, uint32_t sec, uint32_t frac, uint32_t cap,
			    uint32_t len)
{
	put(b, sec, 4);
	put(b, frac, 4);
	put(b, cap, 4);
	put(b, len, 4);
}

static char dir[64];

static char *path_of(const char *name)
{
	static char path[4][160];
	static int i;
	char *p = path[i++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static const char *save(const struct bytes *b, const char *name)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(b->p, 1, b->n, f), b->n);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

static inline struct source *open_ok(const char *path)
{
	struct err e = { 0 };
	struct source *s = source_open_file(path, NULL, &e);

	ck_assert_msg(s != NULL, "%s: %s", path, e.msg);
	return s;
}

static inline struct source *open_bytes(const struct bytes *b)
{
	return open_ok(save(b, "in"));
}

static inline void setup(void)
{
	strcpy(dir, "/tmp/strata-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	signal(SIGPIPE, SIG_IGN);
}

static inline void teardown(void)
{
	char cmd[100];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static inline struct packet packet_of(const void *data, uint32_t n, uint16_t link, int64_t when)
{
	return (struct packet) {
		.data = data, .len = n, .wire_len = n, .link = link, .when = when
	};
}

#endif
