/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the frozen built-ins as assembly: freeze > frozen.S. They are loaded twice, into memory at
 * two places. A word that differs by just the distance of the places is a pointer into that memory;
 * one that is equal is a number, or a pointer to a kind or a sum of the program, which is written
 * by its symbol. Anything else would be a description that is not the same each time: an error. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/arena.h"
#include "core/kind.h"
#include "core/load.h"
#include "core/sum.h"

#define ROOM ((size_t)256 << 20) /* address space; what is not used is never touched */
#define WORD sizeof(uintptr_t)

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

/* The C name of a kind is kind_ and its name in the language, but for the plain numbers. */
static const char *kind_symbol(const struct kind *k)
{
	return k == &kind_uint    ? "uint"
	       : k == &kind_int   ? "int"
	       : k == &kind_float ? "float"
				  : k->name;
}

/* The name of what a pointer out of the memory points to; NULL: unknown. */
static const char *symbol_at(uintptr_t w, size_t *off)
{
	static char name[80];
	const struct kind *k;
	const struct sum_algo *first = sum_at(0), *a;

	for (unsigned i = 0; (k = kind_at(i)); i++) {
		*off = w - (uintptr_t)k;
		if (*off >= sizeof(*k))
			continue;
		snprintf(name, sizeof(name), "kind_%s", kind_symbol(k));
		return name;
	}
	for (unsigned i = 0; (a = sum_at(i)); i++) {
		*off = w - (uintptr_t)first;
		if (a == (const void *)w) /* NOLINT: compared, never read */
			return "sum_algos";
	}
	return NULL;
}

static bool write_image(const struct image *a, const struct image *b)
{
	const char *directive = WORD == 8 ? ".8byte" : ".4byte";
	const uintptr_t lo = (uintptr_t)a->p, far = (uintptr_t)b->p - lo;
	const uintptr_t exe = (uintptr_t)&__executable_start, end = (uintptr_t)&_end;
	size_t zeros = 0;

	for (size_t at = 0; at < a->n; at += WORD) {
		uintptr_t v, w;
		const char *name;
		size_t off;

		memcpy(&v, a->p + at, WORD);
		memcpy(&w, b->p + at, WORD);
		if (v == w && v == 0) {
			zeros += WORD;
			continue;
		}
		if (zeros)
			printf("\t.zero %zu\n", zeros);
		zeros = 0;
		if (v == w && (v < exe || v >= end)) {
			printf("\t%s %#" PRIxPTR "\n", directive, v);
		} else if (v != w && w - v == far && v - lo <= a->n) {
			printf("\t%s image+%#" PRIxPTR "\n", directive, v - lo);
		} else if (v == w && (name = symbol_at(v, &off))) {
			printf("\t%s %s+%zu\n", directive, name, off);
		} else {
			fprintf(stderr,
				"word %#zx of the frozen protocols is not known: %#" PRIxPTR
				" and %#" PRIxPTR "\n",
				at, v, w);
			return false;
		}
	}
	printf("\t.zero %zu\n", zeros + WORD);
	return true;
}

static bool freeze(struct image *a, struct image *b)
{
	if (!load_image(a) || !load_image(b) || a->n != b->n || a->root != b->root)
		return false;
	printf("/* Made by core/freeze/freeze.c from protocols/; not to be edited. */\n"
	       "\t.section .note.GNU-stack,\"\",%%progbits\n"
	       "\t.section .data.rel.ro,\"aw\",%%progbits\n\t.balign 64\nimage:\n");
	if (!write_image(a, b))
		return false;
	printf("\t.globl frozen_builtins\n\t.hidden frozen_builtins\n\t.balign "
	       "%zu\nfrozen_builtins:\n"
	       "\t%s image+%#zx\n",
	       WORD, WORD == 8 ? ".8byte" : ".4byte", a->root);
	return !fflush(stdout) && !ferror(stdout);
}

int main(void)
{
	struct image a = { 0 }, b = { 0 };
	bool made = freeze(&a, &b);

	registry_close(a.r);
	registry_close(b.r);
	return !made;
}
