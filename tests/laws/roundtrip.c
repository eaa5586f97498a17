/* SPDX-License-Identifier: BSD-2-Clause */
/* Law 1: a packet printed is a packet that can be crafted. Every packet of the files given, its
 * prefixes and random mutations are printed as notation, read back and built: bytes, link type,
 * original length and (as a script) time must be the same.
 *
 *   law_roundtrip [-m MUTATIONS] [-s SEED] [-p] [-v] FILE...
 *   -m: of all packets together (20,000)   -p: no prefixes   -v: tell every failure, not ten
 *
 * Every packet stands in a buffer of exactly its size, so that the sanitizers see a read past it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/source.h"
#include "core/buf.h"
#include "core/plan.h"
#include "core/registry.h"
#include "dissect/dissect.h"
#include "notation/notation.h"

#define RUNGS (RUNG_PACKET + 1)
#define PREFIX_ALL 700  /* every prefix up to here, bytes; */
#define PREFIX_STEP 131 /* beyond it only some: super-frames of offload have thousands */

struct run {
	struct registry *reg;
	struct printer *printer;
	struct plan plan;
	struct build build;
	struct buf text;
	struct tree scratch;
	uint64_t random;
	bool verbose;
	uint64_t done, bad, rung[RUNGS];
	const char *file, *mode;
};

/* A packet of ours: kept beyond source_next(). */
struct kept {
	uint8_t *data;
	struct packet pkt;
};

static uint64_t next_random(struct run *r)
{
	/* xorshift64*, Vigna 2016: the same everywhere for a seed */
	r->random ^= r->random >> 12;
	r->random ^= r->random << 25;
	r->random ^= r->random >> 27;
	return r->random * UINT64_C(2685821657736338717);
}

static void tell(struct run *r, const struct packet *p, const char *what)
{
	if (++r->bad > 10 && !r->verbose)
		return;
	printf("%s packet %" PRIu64 " (%s, %" PRIu32 " of %" PRIu32
	       " bytes, link %u): %s\n  bytes ",
	       r->file, p->number, r->mode, p->len, p->wire_len, p->link, what);
	for (uint32_t i = 0; i < p->len && i < 400; i++)
		printf("%02x", p->data[i]);
	printf("\n  text  %s\n", buf_cstr(&r->text));
}

static void compare(struct run *r, const struct packet *p)
{
	uint32_t wire = r->plan.wire_len ? r->plan.wire_len : (uint32_t)r->build.bytes.n;
	char why[128];

	if (r->build.bytes.n != p->len) {
		snprintf(why, sizeof(why), "%zu bytes were built", r->build.bytes.n);
		tell(r, p, why);
		return;
	}
	for (uint32_t i = 0; i < p->len; i++) {
		if ((uint8_t)r->build.bytes.p[i] == p->data[i])
			continue;
		snprintf(why, sizeof(why), "byte %" PRIu32 " is %02x", i,
			 (uint8_t)r->build.bytes.p[i]);
		tell(r, p, why);
		return;
	}
	if (r->plan.link != p->link)
		tell(r, p, "another link type");
	else if (wire != p->wire_len)
		tell(r, p, "another original length");
}

/* p->data lies in a buffer of exactly p->len bytes. */
static void round_trip(struct run *r, struct packet *p)
{
	struct err e = { 0 };
	char why[700];

	r->done++;
	dissect_with(r->reg, p, &r->scratch);
	r->text.n = 0;
	if (print_expr(r->printer, p, 0, &r->text) < 0) {
		tell(r, p, "cannot be printed");
		return;
	}
	r->rung[printer_rung(r->printer)]++;
	if (plan_parse(&r->plan, r->reg, r->text.p, r->text.n, PLAN_NO_FILES, &e) < 0) {
		snprintf(why, sizeof(why), "cannot be read: column %" PRIu32 ": %s", e.col, e.msg);
		tell(r, p, why);
	} else if (build(&r->build, &r->plan, &e) < 0) {
		snprintf(why, sizeof(why), "cannot be built: column %" PRIu32 ": %s", e.col, e.msg);
		tell(r, p, why);
	} else {
		compare(r, p);
	}
}

static void round_trip_copy(struct run *r, const struct packet *like, const uint8_t *data,
			    uint32_t len, uint32_t wire_len)
{
	struct packet p = *like;
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	p.data = copy;
	p.len = len;
	p.wire_len = wire_len;
	round_trip(r, &p);
	free(copy);
}

/* Both kinds: cut when captured, and short on the wire. */
static void prefixes(struct run *r, const struct packet *p)
{
	for (uint32_t n = 0; n < p->len; n += n < PREFIX_ALL ? 1 : PREFIX_STEP) {
		r->mode = "cut";
		round_trip_copy(r, p, p->data, n, p->wire_len);
		r->mode = "short";
		round_trip_copy(r, p, p->data, n, n);
	}
}

static uint32_t mutate(struct run *r, uint8_t *data, uint32_t len, uint32_t cap)
{
	uint32_t at = len ? (uint32_t)(next_random(r) % len) : 0;
	uint32_t n = 1 + (uint32_t)(next_random(r) % 8);

	switch (next_random(r) % 7) {
	case 0:
		if (len)
			data[at] ^= (uint8_t)(1u << next_random(r) % 8);
		break;
	case 1:
		if (len)
			data[at] = (uint8_t)next_random(r);
		break;
	case 2:
		if (len)
			data[at] = next_random(r) & 1 ? 0xff : 0;
		break;
	case 3: /* bytes go */
		if (n > len - at)
			n = len - at;
		memmove(data + at, data + at + n, len - at - n);
		return len - n;
	case 4: /* bytes come */
		if (len + n > cap)
			break;
		memmove(data + at + n, data + at, len - at);
		for (uint32_t i = 0; i < n; i++)
			data[at + i] = (uint8_t)next_random(r);
		return len + n;
	case 5: /* a piece is copied over another */
		if (len > n) {
			uint32_t from = (uint32_t)(next_random(r) % (len - n));

			memmove(data + at % (len - n), data + from, n);
		}
		break;
	default: /* two bytes as a small or large number: lengths and counts */
		if (at + 1 < len) {
			data[at] = next_random(r) & 1 ? 0xff : 0;
			data[at + 1] = (uint8_t)next_random(r);
		}
	}
	return len;
}

static void mutations(struct run *r, const struct packet *p, uint64_t count)
{
	uint32_t cap = p->len + 64;
	uint8_t *data = malloc(cap);

	if (!data)
		abort();
	r->mode = "mutated";
	while (count--) {
		uint32_t len = p->len;
		unsigned times = 1 + (unsigned)(next_random(r) % 4);

		memcpy(data, p->data, len);
		while (times--)
			len = mutate(r, data, len, cap);
		round_trip_copy(r, p, data, len,
				next_random(r) % 8 ? len : len + (uint32_t)(next_random(r) % 2000));
	}
	free(data);
}

/* The whole file as a script: times too. */
static void as_script(struct run *r, struct kept *all, size_t n)
{
	/* A printer of its own: it remembers the time of the line before. */
	struct printer *printer = printer_open(r->reg);
	struct script *s;
	struct script_line line;
	struct buf text = { 0 };
	struct err e = { 0 };
	int64_t now = 0;
	size_t i = 0;
	int rc = 0;

	r->mode = "script";
	for (size_t k = 0; k < n; k++) {
		dissect_with(r->reg, &all[k].pkt, &r->scratch);
		if (!printer || print_script_line(printer, &all[k].pkt, 0, &text) < 0)
			tell(r, &all[k].pkt, "cannot be printed as a line");
	}
	s = script_open(NULL, r->file, text.p, text.n, &e);
	for (; s && i < n && (rc = script_next(s, &line, &e)) == 1; i++) {
		r->text.n = 0;
		buf_put(&r->text, line.text, line.len);
		now = line.time == SCRIPT_AT ? line.when : now + line.when;
		if (script_plan(s, &r->plan, r->reg, PLAN_NO_FILES, &e) < 0 ||
		    build(&r->build, &r->plan, &e) < 0) {
			tell(r, &all[i].pkt, e.msg);
			err_clear(&e);
			continue;
		}
		compare(r, &all[i].pkt);
		if (!(all[i].pkt.flags & PACKET_NO_TIME) && now != all[i].pkt.when)
			tell(r, &all[i].pkt, "another time");
	}
	if (i != n) {
		printf("%s: as a script it has %zu of %zu packets: %s\n", r->file, i, n, e.msg);
		r->bad++;
	}
	r->done += n;
	script_close(s);
	printer_close(printer);
	buf_done(&text);
}

static size_t load(const char *path, struct kept **out)
{
	struct err e = { 0 };
	struct source *s = source_open_file(path, NULL, &e);
	struct packet p;
	size_t n = 0, cap = 0;

	*out = NULL;
	if (!s) {
		printf("%s: %s\n", path, e.msg);
		return 0;
	}
	while (source_next(s, &p, &e) == SOURCE_PACKET) {
		struct kept *k;

		if (n == cap) {
			cap = cap ? 2 * cap : 256;
			*out = realloc(*out, cap * sizeof(**out));
			if (!*out)
				abort();
		}
		k = &(*out)[n++];
		k->pkt = p;
		k->data = malloc(p.len ? p.len : 1);
		if (!k->data)
			abort();
		memcpy(k->data, p.data, p.len);
		k->pkt.data = k->data;
		if (!k->pkt.number)
			k->pkt.number = n;
	}
	source_close(s);
	return n;
}

static int start(struct run *r)
{
	struct err e = { 0 };

	r->reg = registry_open();
	if (!r->reg || registry_load_builtins(r->reg, &e) < 0 ||
	    registry_load_file(r->reg, STRATA_SOURCE "/examples/sensor.protocol", &e) < 0 ||
	    registry_load_file(r->reg, STRATA_SOURCE "/examples/beacon.protocol", &e) < 0 ||
	    registry_freeze(r->reg, &e) < 0) {
		printf("%s:%" PRIu32 ":%" PRIu32 ": %s\n", e.name, e.lineno, e.col, e.msg);
		return -1;
	}
	r->printer = printer_open(r->reg);
	return r->printer ? 0 : -1;
}

static void summary(const struct run *r, const char *what, uint64_t done, uint64_t bad,
		    const uint64_t *rung)
{
	printf("%-9s %9" PRIu64 " packets, %" PRIu64 " came back different; rungs", what,
	       r->done - done, r->bad - bad);
	for (unsigned i = 0; i < RUNGS; i++)
		printf(" %" PRIu64, r->rung[i] - rung[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct run r = { .random = 1 };
	uint64_t want = 20000, done, bad, rung[RUNGS], total = 0;
	bool with_prefixes = true;
	struct kept **all;
	size_t *n;
	int opt;

	while ((opt = getopt(argc, argv, "m:s:pv")) >= 0) {
		if (opt == 'm')
			want = strtoull(optarg, NULL, 0);
		else if (opt == 's')
			r.random = strtoull(optarg, NULL, 0) | 1;
		else if (opt == 'p')
			with_prefixes = false;
		else if (opt == 'v')
			r.verbose = true;
		else
			return 2;
	}
	if (start(&r) < 0)
		return 1;
	all = calloc((size_t)argc, sizeof(*all));
	n = calloc((size_t)argc, sizeof(*n));
	if (!all || !n)
		abort();
	for (int f = optind; f < argc; f++)
		total += n[f] = load(argv[f], &all[f]);
	for (int pass = 0; pass < 4; pass++) {
		static const char *const name[] = { "whole", "script", "prefixes", "mutated" };

		done = r.done;
		bad = r.bad;
		memcpy(rung, r.rung, sizeof(rung));
		for (int f = optind; f < argc; f++) {
			r.file = argv[f];
			if (pass == 1)
				as_script(&r, all[f], n[f]);
			for (size_t i = 0; i < n[f] && pass != 1; i++) {
				r.mode = "whole";
				if (pass == 0)
					round_trip(&r, &all[f][i].pkt);
				else if (pass == 2 && with_prefixes)
					prefixes(&r, &all[f][i].pkt);
				else if (pass == 3)
					mutations(&r, &all[f][i].pkt, want / total + 1);
			}
		}
		summary(&r, name[pass], done, bad, rung);
		fflush(stdout);
	}
	for (int f = optind; f < argc; f++) {
		for (size_t i = 0; i < n[f]; i++)
			free(all[f][i].data);
		free(all[f]);
	}
	free(all);
	free(n);
	printer_close(r.printer);
	plan_done(&r.plan);
	build_done(&r.build);
	buf_done(&r.text);
	tree_done(&r.scratch);
	registry_close(r.reg);
	return r.bad || !total;
}
