/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as packets that a bridge changes, one after the other, cut up before and behind it. The
 * input is a byte that says what is changed, then records as those of fuzz_streams.c, of which one
 * bit says the side. What holds: what comes out is a packet, what was right in it is right, and the
 * parts of a packet are no longer than they may be. */
#include "tests/fuzz/fuzz.h"

#include "dissect/check.h"
#include "play/segment.h"
#include "play/through.h"

#define ROOM 600

static const char *const sets[] = { "ip ttl=9", "http headers.0.value=longer-than-it-was",
				    "mqtt clientId=a-name-of-some-length", "+ vlan vlan=5",
				    "tcp options=nop" };
static const char *const maps[] = { "10.77.0.0/16=10.99.0.0/16", "tcp:80=8080",
				    "fd77::1=fd77::99" };
static const char *const replaces[] = { "e=EEE", "\\x00\\x00=\\x01", "HTTP=Hypertext", "o=0" };
static const char *const drops[] = { "tcp flags=R", "icmp" };

struct passing {
	struct through *through;
	struct segmenter *before, *behind;
	struct check check;
	unsigned side;
	uint32_t most; /* bytes of a part of what came out */
};

/* Bytes that the description reads, and all its sums and lengths are right. */
static bool is_right(struct passing *w, const struct packet *p)
{
	hold(check(&w->check, p) == 0, "check");
	return p->nlayers && !w->check.nnotes;
}

static int last(void *ctx, const struct packet *part)
{
	struct passing *w = ctx;

	hold(part->len <= w->most && part->len == part->wire_len, "a part has room");
	return 0;
}

static int pass(void *ctx, const struct packet *part)
{
	struct passing *w = ctx;
	struct packet p = *part;
	struct tree scratch = { 0 };
	struct err e = { 0 };
	bool right;
	int rc;

	dissect_with(fuzz_registry(), &p, &scratch);
	right = is_right(w, &p);
	rc = through_packet(w->through, &p, w->side, &e);
	hold(rc >= 0, e.msg);
	if (rc != THROUGH_DROPPED) {
		hold(p.len <= PACKET_MAX && p.len <= p.wire_len, "a packet");
		if (rc == THROUGH_SAME && right && !is_right(w, &p))
			complain("what was right", "is wrong", NULL);
		for (unsigned i = 0; i < p.nlayers; i++)
			hold(p.layers[i].end <= p.len, "a layer within the packet");
		w->most = ROOM + (p.len > ROOM ? segment_front(w->behind, &p) : 0);
		if (p.len > w->most)
			hold(segment(w->behind, &p, w->most, last, w, &e) >= 0, "segment");
	}
	tree_done(&scratch);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t links[16] = { 101, 1, 101, 1, 0, 113, 276, 228, 229, 105, 127, 12 };
	struct through_opts o = { .reg = fuzz_registry() };
	struct passing w = { 0 };
	struct tree scratch = { 0 };
	struct err e = { 0 };
	int64_t when = 0;

	if (size < 1 || size > 100000)
		return 0;
	o.set = sets + data[0] % 5;
	o.nset = data[0] >> 2 & 1;
	o.map = maps + (data[0] >> 3) % 3;
	o.nmap = data[0] >> 5 & 1;
	o.replace = replaces + (data[0] >> 6) % 4;
	o.nreplace = !(data[0] & 16);
	o.drop = drops + data[0] % 2;
	o.ndrop = data[0] % 3 == 0;
	data++;
	size--;
	w.through = through_open(&o, &e);
	w.before = segmenter_open(o.reg, &e);
	w.behind = segmenter_open(o.reg, &e);
	hold(w.through && w.before && w.behind, e.msg);
	for (uint64_t number = 1; size >= 3; number++) {
		uint32_t len = (uint32_t)(data[0] << 8 | data[1]), most = ROOM;
		struct packet p = { .link = links[data[2] >> 4], .number = number };

		when += (int64_t)(data[2] & 7) * 5000000000ll;
		w.side = data[2] >> 3 & 1;
		data += 3;
		size -= 3;
		p.data = data;
		p.when = when;
		p.len = len < size ? len : (uint32_t)size;
		p.wire_len = p.len;
		dissect_with(o.reg, &p, &scratch);
		if (p.len > most)
			most += segment_front(w.before, &p);
		if (p.len <= most)
			pass(&w, &p);
		else
			hold(segment(w.before, &p, most, pass, &w, &e) >= 0, "segment");
		err_clear(&e);
		data += p.len;
		size -= p.len;
	}
	through_close(w.through);
	segmenter_close(w.before);
	segmenter_close(w.behind);
	check_done(&w.check);
	tree_done(&scratch);
	return 0;
}
