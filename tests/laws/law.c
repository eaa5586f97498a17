/* SPDX-License-Identifier: BSD-2-Clause */
/* See law.h. */
#include "tests/laws/law.h"

#include "capture/source.h"

bool law_options(struct trial *l, int argc, char **argv, unsigned *times)
{
	int opt;

	while ((opt = getopt(argc, argv, times ? "n:s:v" : "s:v")) >= 0) {
		if (opt == 'n')
			*times = (unsigned)strtoul(optarg, NULL, 0);
		else if (opt == 's')
			l->salt = strtoull(optarg, NULL, 0);
		else if (opt == 'v')
			l->verbose = true;
		else
			return false;
	}
	return true;
}

int law_start(struct trial *l)
{
	struct err e = { 0 };

	l->reg = registry_open();
	if (!l->reg || registry_load_builtins(l->reg, &e) < 0 ||
	    registry_load_file(l->reg, STRATA_SOURCE "/examples/sensor.protocol", &e) < 0 ||
	    registry_load_file(l->reg, STRATA_SOURCE "/examples/beacon.protocol", &e) < 0 ||
	    registry_freeze(l->reg, &e) < 0) {
		printf("%s:%" PRIu32 ":%" PRIu32 ": %s\n", e.name, e.lineno, e.col, e.msg);
		return -1;
	}
	l->printer = printer_open(l->reg);
	return l->printer ? 0 : -1;
}

void law_done(struct trial *l)
{
	printer_close(l->printer);
	tree_done(&l->scratch);
	registry_close(l->reg);
}

static struct packet *keep(struct law_file *f, const struct packet *p)
{
	uint8_t *data = malloc(p->len ? p->len : 1);
	struct packet *v = f->v;

	if (f->n % 256 == 0)
		v = realloc(v, (f->n + 256) * sizeof(*v));
	if (!data || !v)
		abort();
	memcpy(data, p->data, p->len);
	f->v = v;
	v += f->n++;
	*v = *p;
	v->data = data;
	if (!v->number)
		v->number = f->n;
	return v;
}

void law_load(struct trial *l, const char *path, struct law_file *out)
{
	const char *slash = strrchr(path, '/');
	struct err e = { 0 };
	struct source *s = source_open_file(path, NULL, &e);
	struct packet p;

	*out = (struct law_file) { 0 };
	l->file = slash ? slash + 1 : path;
	if (!s) {
		printf("%s: %s\n", path, e.msg);
		l->bad++;
		return;
	}
	while (source_next(s, &p, &e) == SOURCE_PACKET) {
		struct packet *v = keep(out, &p);

		dissect_with(l->reg, v, &l->scratch);
		if (heard_learn(&out->heard, v, &l->scratch))
			abort();
	}
	source_close(s);
}

void law_unload(struct law_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		free((void *)(uintptr_t)f->v[i].data);
	free(f->v);
	heard_close(f->heard);
}

void law_seed(struct trial *l, const struct packet *p)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ l->salt; /* FNV-1a */

	for (const char *c = l->file; *c; c++)
		h = (h ^ (uint8_t)*c) * UINT64_C(1099511628211);
	for (unsigned i = 0; i < 64; i += 8)
		h = (h ^ (p->number >> i & 0xff)) * UINT64_C(1099511628211);
	l->random = h ? h : 1;
}

uint64_t law_random(struct trial *l)
{
	/* xorshift64*, Vigna 2016: the same everywhere for a seed */
	l->random ^= l->random >> 12;
	l->random ^= l->random << 25;
	l->random ^= l->random >> 27;
	return l->random * UINT64_C(2685821657736338717);
}

bool law_tell(struct trial *l, const struct packet *p)
{
	if (++l->bad > 10 && !l->verbose)
		return false;
	printf("%s packet %" PRIu64 ": ", l->file, p->number);
	return true;
}
