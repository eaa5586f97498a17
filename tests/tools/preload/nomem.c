/* SPDX-License-Identifier: BSD-2-Clause */
/* To be preloaded: the NOMEM-th allocation that the program itself asks for (not its libraries)
 * fails; counted from 1. At the end NOMEM_COUNT=FILE gets their number. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uintptr_t from, to; /* the program's code */
static long calls, fail_at;
static int out = -1;

static int find(struct dl_phdr_info *i, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (unsigned k = 0; k < i->dlpi_phnum; k++) {
		uintptr_t at = i->dlpi_addr + i->dlpi_phdr[k].p_vaddr;

		if (i->dlpi_phdr[k].p_type == PT_LOAD && i->dlpi_phdr[k].p_flags & PF_X) {
			from = at;
			to = at + i->dlpi_phdr[k].p_memsz;
		}
	}
	return 1; /* the first is the program */
}

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("NOMEM"), *path = getenv("NOMEM_COUNT");

	/* Now, since the tool later forbids itself to open files. */
	out = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	dl_iterate_phdr(find, NULL);
	fail_at = n ? strtol(n, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", calls);

	if (out >= 0 && write(out, text, (size_t)n) != n)
		abort();
}

static int fails(void *caller)
{
	if ((uintptr_t)caller < from || (uintptr_t)caller >= to)
		return 0;
	if (++calls != fail_at)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);

void *malloc(size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}
