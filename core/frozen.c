/* SPDX-License-Identifier: BSD-2-Clause */
/* The frozen built-ins, at the address for which they were written: see frozen.h. */
#include "core/frozen.h"

#include <string.h>
#include <sys/mman.h>
#include <threads.h>

static const struct registry *frozen; /* set once, by take() */
static once_flag taken = ONCE_FLAG_INIT;

static void take(void)
{
	const struct frozen *f = &frozen_image;
	unsigned char *at = (unsigned char *)FROZEN_AT, *p;

	if (!f->image || !at)
		return;
	p = mmap(at, f->n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		return;
	if (p != at || mremap(f->image, f->n, f->n, MREMAP_MAYMOVE | MREMAP_FIXED, at) != at) {
		munmap(p, f->n); /* p: a kernel before 4.17 takes the address for a wish */
		return;
	}
	/* Whoever looks at all memory of the program, as a leak checker does, finds no hole. */
	mmap(f->image, f->n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	for (size_t i = 0; i < f->nref; i++) {
		const struct frozen_ref *r = &f->ref[i];
		uintptr_t w = (uintptr_t)f->target[r->target] + r->add;

		memcpy(at + r->word * sizeof(w), &w, sizeof(w));
	}
	if (mprotect(at, f->n, PROT_READ) == 0)
		frozen = (const struct registry *)(at + f->root);
}

const struct registry *frozen_builtins(void)
{
	call_once(&taken, take);
	return frozen;
}
