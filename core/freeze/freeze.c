/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the frozen built-ins as assembly: freeze > frozen.S. They are loaded twice, into memory at
 * two places. A word that differs by just the distance of the places is a pointer into that memory;
 * one that is equal is a number, or a pointer to a kind or a sum of the program, which is written
 * by its symbol: such words are filled in when the image is taken (core/frozen.h). Anything else
 * would be a description that is not the same each time: an error. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/arena.h"
#include "core/frozen.h"
#include "core/kind.h"
#include "core/load.h"
#include "core/sum.h"

#define ROOM ((size_t)256 << 20) /* address space; what is not used is never touched */
#define WORD sizeof(uintptr_t)
#define DIRECTIVE (WORD == 8 ? ".8byte" : ".4byte")

extern const char __executable_start, _end; /* ld(1) */

struct image {
	struct registry *r;
	const unsigned char *p;
	size_t n;    /* bytes in use */
	size_t root; /* where the struct registry is */
};

static bool load_image(struct image *im)
{
	struct err e = { 0 };
	struct arena mem = { 0 };
	struct registry *r = im->r = registry_open(), *root;
	void *p = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!r || p == MAP_FAILED || !arena_use(registry_memory(r), p, ROOM) ||
	    registry_load_builtins(r, &e) < 0 || registry_freeze(r, &e) < 0) {
		fprintf(stderr, "%s:%u:%u: %s\n", e.name, e.lineno, e.col, e.msg);
		return false;
	}
	root = arena_alloc(registry_memory(r), sizeof(*root));
	if (!root)
		return false;
	im->p = p;
	im->root = (size_t)((unsigned char *)root - im->p);
	im->n = im->root + sizeof(*root);
	*root = *r;
	root->mem = mem;
	return true;
}

/* What a pointer out of the memory points to. */
struct targets {
	const void *v[256];
	unsigned n;
	struct frozen_ref *ref;
	size_t nref;
};

/* The C name of a kind is kind_ and its name in the language, but for the plain numbers. */
static const char *kind_symbol(const struct kind *k)
{
	return k == &kind_uint    ? "uint"
	       : k == &kind_int   ? "int"
	       : k == &kind_float ? "float"
				  : k->name;
}

static void list_targets(struct targets *t)
{
	const struct kind *k;

	while (t->n < 255 && (k = kind_at(t->n)))
		t->v[t->n++] = k;
	t->v[t->n++] = sum_at(0);
}

/* A word that holds address w of the program. False: it is none that is known. */
static bool refer(struct targets *t, size_t at, uintptr_t w)
{
	for (unsigned i = 0; i < t->n; i++) {
		size_t off = w - (uintptr_t)t->v[i];
		bool last = i + 1 == t->n, is = !last && off < sizeof(struct kind);

		for (unsigned k = 0; last && sum_at(k); k++)
			is |= (uintptr_t)sum_at(k) == w;
		if (!is)
			continue;
		t->ref[t->nref++] = (struct frozen_ref) { .word = (uint32_t)(at / WORD),
							  .target = (uint16_t)i,
							  .add = (uint16_t)off };
		return true;
	}
	return false;
}

static bool write_image(const struct image *a, const struct image *b, struct targets *t)
{
	const uintptr_t lo = (uintptr_t)a->p, far = (uintptr_t)b->p - lo;
	const uintptr_t exe = (uintptr_t)&__executable_start, end = (uintptr_t)&_end;
	size_t zeros = 0;

	for (size_t at = 0; at < a->n; at += WORD) {
		uintptr_t v, w;

		memcpy(&v, a->p + at, WORD);
		memcpy(&w, b->p + at, WORD);
		if (v == w && (v == 0 || (v >= exe && v < end && refer(t, at, v)))) {
			zeros += WORD;
			continue;
		}
		if (zeros)
			printf("\t.zero %zu\n", zeros);
		zeros = 0;
		if (v != w && w - v == far && v - lo <= a->n) {
			v = FROZEN_AT + (v - lo);
		} else if (v != w || (v >= exe && v < end)) {
			fprintf(stderr,
				"word %#zx of the frozen protocols is not known: %#" PRIxPTR
				" and %#" PRIxPTR "\n",
				at, v, w);
			return false;
		}
		printf("\t%s %#" PRIxPTR "\n", DIRECTIVE, v);
	}
	printf("\t.zero %zu\n", zeros + WORD);
	return true;
}

static void write_targets(const struct targets *t)
{
	printf("\t.section .data.rel.ro,\"aw\",%%progbits\n\t.balign %zu\ntargets:\n", WORD);
	for (unsigned i = 0; i < t->n; i++) {
		if (i + 1 < t->n)
			printf("\t%s kind_%s\n", DIRECTIVE, kind_symbol(t->v[i]));
		else
			printf("\t%s sum_algos\n", DIRECTIVE);
	}
}

/* struct frozen, and what it points to. */
static void write_frozen(const struct image *a, const struct targets *t)
{
	size_t n = (a->n + WORD + FROZEN_PAGE - 1) / FROZEN_PAGE * FROZEN_PAGE;

	printf("\t.balign %u\n\t.section .rodata,\"a\",%%progbits\n\t.balign 8\nrefs:\n",
	       FROZEN_PAGE);
	for (size_t i = 0; i < t->nref; i++)
		printf("\t.4byte %u\n\t.2byte %u, %u\n", t->ref[i].word, t->ref[i].target,
		       t->ref[i].add);
	write_targets(t);
	printf("\t.globl frozen_image\n\t.hidden frozen_image\nfrozen_image:\n"
	       "\t%s image, %zu, %zu, refs, %zu, targets\n",
	       DIRECTIVE, n, a->root, t->nref);
}

static bool freeze(struct image *a, struct image *b, struct targets *t)
{
	if (!load_image(a) || !load_image(b) || a->n != b->n || a->root != b->root)
		return false;
	t->ref = calloc(a->n / WORD + 1, sizeof(*t->ref));
	if (!t->ref)
		return false;
	list_targets(t);
	printf("/* Made by core/freeze/freeze.c from protocols/; not to be edited. */\n"
	       "\t.section .note.GNU-stack,\"\",%%progbits\n"
	       "\t.section .frozen,\"aw\",%%progbits\n\t.balign %u\nimage:\n",
	       FROZEN_PAGE);
	if (!write_image(a, b, t))
		return false;
	write_frozen(a, t);
	return !fflush(stdout) && !ferror(stdout);
}

int main(void)
{
	struct image a = { 0 }, b = { 0 };
	struct targets t = { 0 };
	bool made = freeze(&a, &b, &t);

	free(t.ref);
	registry_close(a.r);
	registry_close(b.r);
	return !made;
}
