/* SPDX-License-Identifier: BSD-2-Clause */
/* Seeds for the fuzz targets, one for each stack of layers in the captures:
 *
 *   seeds DIR CAPTURE...      writes DIR/packet/ and DIR/notation/ (its text)
 *   seeds --streams CAPTURE   writes the packets of one, as fuzz_streams.c reads them, to stdout
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/source.h"
#include "dissect/dissect.h"
#include "notation/notation.h"

#define STACKS_MAX 4096
#define SEED_MAX 600 /* bytes of a packet; short seeds are quick */

struct work {
	const char *dir;
	struct registry *reg;
	struct printer *printer;
	struct buf text;
	uint64_t seen[STACKS_MAX];
	unsigned n;
};

static bool is_new(struct work *w, const struct packet *p)
{
	uint64_t h = 5381 + p->link;

	for (unsigned i = 0; i < p->nlayers; i++)
		h = h * 33 * 33 + p->layers[i].proto->id * 33 + p->layers[i].flags;
	for (unsigned i = 0; i < w->n; i++) {
		if (w->seen[i] == h)
			return false;
	}
	if (w->n == STACKS_MAX)
		return false;
	w->seen[w->n++] = h;
	return true;
}

static void put(const struct work *w, const char *target, const void *head, size_t nhead,
		const void *p, size_t n)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->dir, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/stack-%04u", w->dir, target, w->n);
	f = fopen(path, "wb");
	if (!f || fwrite(head, 1, nhead, f) != nhead || fwrite(p, 1, n, f) != n || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static void seed(struct work *w, const struct packet *p)
{
	uint32_t n = p->len < SEED_MAX ? p->len : SEED_MAX;
	uint8_t head[3] = { (uint8_t)(p->link >> 8), (uint8_t)p->link, 0 };

	head[2] = (uint8_t)(w->n % 2 ? 8 : w->n / 2 % 8); /* what is done with it: fuzz.h */
	put(w, "packet", head, 3, p->data, n);
	w->text.n = 0;
	if (p->len <= SEED_MAX && print_expr(w->printer, p, 0, &w->text) == 0)
		put(w, "notation", "", 0, w->text.p, w->text.n);
}

/* Raw IP and Ethernet alone. */
static int streams(const char *path)
{
	struct source *s = source_open_file(path, NULL, NULL);
	struct packet p;
	size_t left = 24000;

	while (s && source_next(s, &p, NULL) == SOURCE_PACKET && p.len + 3 < left) {
		uint8_t head[3] = { (uint8_t)(p.len >> 8), (uint8_t)p.len,
				    p.link == LINK_ETHERNET ? 0x10 : 0 };

		if (p.link != LINK_ETHERNET && p.link != LINK_RAW)
			continue;
		left -= p.len + 3;
		fwrite(head, 1, 3, stdout);
		fwrite(p.data, 1, p.len, stdout);
	}
	source_close(s);
	return fflush(stdout) || ferror(stdout);
}

int main(int argc, char **argv)
{
	struct work w = { .dir = argv[1], .reg = registry_open() };
	struct err e = { 0 };

	if (argc == 3 && strcmp(argv[1], "--streams") == 0) {
		registry_close(w.reg);
		return streams(argv[2]);
	}
	if (argc < 3 || !w.reg || registry_load_builtins(w.reg, &e) || registry_freeze(w.reg, &e) ||
	    !(w.printer = printer_open(w.reg))) {
		fprintf(stderr, "usage: seeds DIR CAPTURE... %s\n", e.msg);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		struct source *s = source_open_file(argv[i], NULL, NULL);
		struct packet p;

		while (s && source_next(s, &p, NULL) == SOURCE_PACKET) {
			dissect(w.reg, &p);
			if (is_new(&w, &p))
				seed(&w, &p);
		}
		source_close(s);
	}
	printf("%u stacks\n", w.n);
	printer_close(w.printer);
	buf_done(&w.text);
	registry_close(w.reg);
	return 0;
}
