/* SPDX-License-Identifier: BSD-2-Clause */
/* Which process has a socket: by the links in /proc/PID/fd, which one may read of one's own
 * processes, and root of all. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "sockets/sockets.h"

#define HELD_MOST 262144u

struct held {
	uint32_t inode;
	int pid;
	char name[16];
};

struct owners {
	struct held *v;
	size_t n, cap;
	unsigned denied;
	int64_t took;
};

struct owners *owners_open(struct err *e)
{
	struct owners *o = calloc(1, sizeof(*o));

	if (!o)
		err_set(e, ERR_IO, "no memory");
	return o;
}

struct owners *owners_close(struct owners *o)
{
	if (o)
		free(o->v);
	free(o);
	return NULL;
}

unsigned owners_denied(const struct owners *o)
{
	return o->denied;
}

int64_t owners_took(const struct owners *o)
{
	return o->took;
}

static bool add(struct owners *o, const struct held *h)
{
	if (o->n == o->cap) {
		size_t cap = o->cap ? 2 * o->cap : 256;
		struct held *v = o->n < HELD_MOST ? realloc(o->v, cap * sizeof(*v)) : NULL;

		if (!v)
			return o->n >= HELD_MOST;
		o->v = v;
		o->cap = cap;
	}
	o->v[o->n++] = *h;
	return true;
}

static void name_of(int proc, struct held *h)
{
	char path[32];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%d/comm", h->pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, h->name, sizeof(h->name));
		close(fd);
	}
	h->name[n < 0 ? 0 : (size_t)n < sizeof(h->name) ? (size_t)n : sizeof(h->name) - 1] = '\0';
	h->name[strcspn(h->name, "\n")] = '\0';
}

/* False: memory is out. */
static bool scan_process(struct owners *o, int proc, int pid)
{
	char path[32], link[64];
	struct held h = { .pid = pid };
	struct dirent *d;
	bool done = true;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "%d/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		o->denied += errno == EACCES || errno == EPERM;
		return true; /* ended, or not ours to look at */
	}
	while (done && (d = readdir(dir))) {
		ssize_t n = isdigit((unsigned char)d->d_name[0])
				    ? readlinkat(fd, d->d_name, link, sizeof(link) - 1)
				    : -1;

		if (n < 0)
			continue;
		link[n] = '\0';
		if (strncmp(link, "socket:[", 8) != 0)
			continue;
		if (!h.name[0])
			name_of(proc, &h);
		h.inode = (uint32_t)strtoul(link + 8, NULL, 10);
		done = add(o, &h);
	}
	closedir(dir);
	return done;
}

static int by_inode(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

int owners_scan(struct owners *o)
{
	int64_t begun = clock_mono();
	DIR *dir = opendir("/proc");
	struct dirent *d;
	bool done = true;

	o->n = 0;
	o->denied = 0;
	while (dir && done && (d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]))
			done = scan_process(o, dirfd(dir), atoi(d->d_name));
	if (dir)
		closedir(dir);
	if (o->n)
		qsort(o->v, o->n, sizeof(*o->v), by_inode);
	o->took = clock_mono() - begun;
	return done ? 0 : -1;
}

bool owners_of(const struct owners *o, uint32_t inode, struct socket_owner *out)
{
	size_t low = 0, high = o->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (o->v[mid].inode < inode)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == o->n || o->v[low].inode != inode)
		return false;
	*out = (struct socket_owner) { .pid = o->v[low].pid };
	memcpy(out->name, o->v[low].name, sizeof(out->name));
	for (size_t i = low + 1; i < o->n && o->v[i].inode == inode; i++)
		out->more += o->v[i].pid != o->v[i - 1].pid; /* it may be held twice */
	return true;
}
