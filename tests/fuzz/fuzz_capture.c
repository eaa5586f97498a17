/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a capture file, and as hex text: packets within their bounds, then an end or an
 * error. What was read is written by a sink and read again: the same packets. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/sink.h"
#include "capture/source.h"

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

static void same(const struct packet *a, const struct packet *b)
{
	if (a->len != b->len || a->wire_len != b->wire_len || a->link != b->link ||
	    a->when != b->when || (a->len && memcmp(a->data, b->data, a->len) != 0))
		complain("a packet comes back otherwise", "", NULL);
}

/* The file again beside what the sink made of it. */
static void read_again(const char *path, const char *copy, const struct source_options *o)
{
	struct source *a = source_open_file(path, o, NULL), *b = source_open_file(copy, NULL, NULL);
	struct packet p, q;

	if (!a || !b)
		complain("what was written does not open", "", NULL);
	for (unsigned n = 0; n < PACKETS_MOST && source_next(b, &q, NULL) == SOURCE_PACKET; n++) {
		do {
			if (source_next(a, &p, NULL) != SOURCE_PACKET)
				complain("more came back than was written", "", NULL);
		} while (p.when < 0 || p.link == LINK_NONE); /* a pcapng has no room for these */
		same(&p, &q);
	}
	source_close(a);
	source_close(b);
}

static void run(const uint8_t *data, size_t size, bool hex)
{
	struct source_options o = { .hex = hex };
	struct sink_options so = { .format = SINK_PCAPNG };
	char path[32], copy[32];
	int fd = file_of(data, size, path), out = file_of(NULL, 0, copy);
	struct source *s = source_open_file(path, &o, NULL);
	/* A sink holds a megabyte: only now and then, so that the others are many. */
	bool keep = s && (size % 16 == 0 || fuzz_thorough());
	struct sink *k = keep ? sink_open(copy, &so, NULL) : NULL;
	struct packet p;
	uint8_t sum = 0;
	uint64_t last = 0, written = 0;

	for (unsigned n = 0; s && n < PACKETS_MOST; n++) {
		if (source_next(s, &p, NULL) != SOURCE_PACKET)
			break;
		if (p.len > p.wire_len || p.len > PACKET_MAX || p.number <= last)
			complain("a packet out of bounds", "", NULL);
		last = p.number;
		for (uint32_t i = 0; i < p.len; i++)
			sum ^= p.data[i];
		written += k && sink_write(k, &p, NULL) == SINK_OK;
	}
	if (k && sink_close(k, NULL) != SINK_OK)
		complain("closing failed", "", NULL);
	if (written)
		read_again(path, copy, &o);
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
