/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a capture file, and as hex text: packets within their bounds, then an end or an
 * error. What was read is written by a sink, of either kind, with all that stood around it or
 * without, and read again: the same packets, and in a pcapng the same comments. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/sink.h"
#include "capture/source.h"
#include "core/said.h"

#define PACKETS_MOST 2000

/* A file in memory, by its name under /proc. */
static int file_of(const uint8_t *data, size_t size, char path[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		exit(0);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void same_comments(const struct packet *a, const struct packet *b)
{
	uint32_t at_a = 0, at_b = 0, na = 0, nb = 0;
	const char *ta = NULL, *tb = NULL;
	bool more;

	do {
		more = said_comment(a, &at_a, &ta, &na);
		if (said_comment(b, &at_b, &tb, &nb) != more ||
		    (more && (na != nb || memcmp(ta, tb, na) != 0)))
			complain("a comment comes back otherwise", "", NULL);
	} while (more);
}

static void same(const struct packet *a, const struct packet *b, bool ng)
{
	if (a->len != b->len || a->wire_len != b->wire_len || a->link != b->link ||
	    (!(a->flags & PACKET_NO_TIME) && a->when != b->when) ||
	    (a->len && memcmp(a->data, b->data, a->len) != 0))
		complain("a packet comes back otherwise", "", NULL);
	if (ng)
		same_comments(a, b);
}

/* The file again beside what the sink made of it. */
static void read_again(const char *path, const char *copy, const struct source_options *o,
		       const bool *taken, bool ng)
{
	struct source *a = source_open_file(path, o, NULL), *b = source_open_file(copy, NULL, NULL);
	struct packet p, q;
	unsigned i = 0;

	if (!a || !b)
		complain("what was written does not open", "", NULL);
	for (unsigned n = 0; n < PACKETS_MOST && source_next(b, &q, NULL) == SOURCE_PACKET; n++) {
		do {
			if (source_next(a, &p, NULL) != SOURCE_PACKET)
				complain("more came back than was written", "", NULL);
		} while (!taken[i++]);
		same(&p, &q, ng);
	}
	source_close(a);
	source_close(b);
}

static void run(const uint8_t *data, size_t size, bool hex)
{
	struct source_options o = { .hex = hex };
	static bool taken[PACKETS_MOST];
	bool ng = size % 64 < 48, attach = size % 32 < 24;
	struct sink_options so = { .format = ng ? SINK_PCAPNG : SINK_PCAP };
	char path[32], copy[32];
	int fd = file_of(data, size, path), out = file_of(NULL, 0, copy);
	struct source *s = source_open_file(path, &o, NULL);
	/* Writing costs more than reading: only now and then, so that the others are many. */
	bool keep = s && (size % 8 == 0 || fuzz_thorough());
	struct sink *k = keep ? sink_open(copy, &so, NULL) : NULL;
	struct packet p;
	uint8_t sum = 0;
	uint64_t last = 0, written = 0;

	if (k && attach && sink_attach(k, s, NULL, NULL) < 0)
		exit(0);

	for (unsigned n = 0; s && n < PACKETS_MOST; n++) {
		if (source_next(s, &p, NULL) != SOURCE_PACKET)
			break;
		if (p.len > p.wire_len || p.len > PACKET_MAX || p.number <= last)
			complain("a packet out of bounds", "", NULL);
		last = p.number;
		for (uint32_t i = 0; i < p.len; i++)
			sum ^= p.data[i];
		taken[n] = k && sink_write(k, &p, NULL) == SINK_OK;
		written += taken[n];
	}
	if (k && sink_close(k, NULL) != SINK_OK)
		complain("closing failed", "", NULL);
	if (written)
		read_again(path, copy, &o, taken, ng);
	source_close(s);
	close(fd);
	close(out);
	if (sum == 1 && last == UINT64_MAX) /* keeps the reads */
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1 << 20)
		return 0;
	run(data, size, size && data[0] >= '\t' && data[0] < 0x7f && data[0] != '\n');
	return 0;
}
