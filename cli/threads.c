/* SPDX-License-Identifier: BSD-2-Clause */
/* How many threads share the work on files. */
#include "cli/threads.h"

#include <sched.h>
#include <sys/stat.h>

#define WORTH (1u << 20) /* bytes of files for which threads are made */

static unsigned processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n > 8 ? 8 : n > 0 ? (unsigned)n : 1;
}

/* Bytes that will be read, as far as the files tell. */
static uint64_t bytes_to_read(char **paths, const struct file_id *ids, int n)
{
	uint64_t bytes = 0;
	struct stat st;

	for (int i = 0; i < n; i++) {
		if (ids[i].set && stat(paths[i], &st) == 0)
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

int threads_for(const struct cli *c, char **paths, const struct file_id *ids, int n,
		unsigned *threads, struct err *e)
{
	uint64_t v = bytes_to_read(paths, ids, n) >= WORTH ? processors() : 1;

	if (opt_range(&c->opt, OPT_THREADS, 1, THREADS_SHARE, &v, e) < 0)
		return -1;
	*threads = (unsigned)v;
	return 0;
}
