/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a file as a window that moves forward: one buffer, one copy, no mmap. A file that
 * shrinks while it is mapped raises SIGBUS, which only a handler of the whole process could catch;
 * here it is an end like any other, and pipes and compressed files go the same way. Nothing is
 * lost: the copy into a window that stays in the cache costs 10 ns for a small frame, the page
 * faults of a mapping as much.
 */
#include "capture/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef STRATA_SMALL_BUFFERS /* fuzzing: short files meet the ends of the window */
#define WINDOW 200u
#else
#define WINDOW (256u << 10) /* bytes: fits the cache beside the packets' own work */
#endif

ptrdiff_t stream_raw(struct stream *st, uint8_t *p, size_t n, struct err *e)
{
	for (;;) {
		if (st->pipe && st->wake >= 0) {
			struct pollfd pf[2] = { { .fd = st->fd, .events = POLLIN },
						{ .fd = st->wake, .events = POLLIN } };
			if (poll(pf, 2, -1) < 0) {
				if (errno == EINTR)
					continue;
				return err_set(e, ERR_IO, "%s: %s", st->path, strerror(errno));
			}
			if (pf[1].revents) {
				st->woken = true;
				return 0;
			}
		}
		ptrdiff_t got = read(st->fd, p, n);
		if (got >= 0)
			return got;
		if (errno == EAGAIN) { /* someone made our standard input non-blocking */
			struct pollfd pf = { .fd = st->fd, .events = POLLIN };
			poll(&pf, 1, 1000);
		} else if (errno != EINTR) {
			return err_set(e, errno == EISDIR ? ERR_USAGE : ERR_IO, "%s: %s", st->path,
				       strerror(errno));
		}
	}
}

/* Bring at least one more byte into the window. False: none comes (the end, woken, or e). */
static bool stream_fill(struct stream *st, struct err *e)
{
	ptrdiff_t got;

	if (st->eof)
		return false;
	if (st->unpack)
		got = unpack_read(st, st->buf + st->len, st->cap - st->len, e);
	else
		got = stream_raw(st, st->buf + st->len, st->cap - st->len, e);
	if (got <= 0) {
		st->eof = true;
		return false;
	}
	st->len += (size_t)got;
	return true;
}

/* Fill the window up to n bytes. */
static bool stream_more(struct stream *st, size_t n, struct err *e)
{
	struct err mine = { 0 };

	if (st->pos) {
		memmove(st->buf, st->buf + st->pos, st->len - st->pos);
		st->len -= st->pos;
		st->pos = 0;
	}
	if (st->cap < n) {
		uint8_t *p = realloc(st->buf, n + WINDOW);
		if (!p) {
			err_set(e, ERR_IO, "%s: no memory", st->path);
			return false;
		}
		st->buf = p;
		st->cap = n + WINDOW;
	}
	while (st->len < n && stream_fill(st, &mine))
		;
	if (mine.code && e)
		*e = mine;
	return !mine.code;
}

const uint8_t *stream_peek_far(struct stream *st, size_t n, size_t *have, struct err *e)
{
	if (!st->eof && !stream_more(st, n, e))
		return NULL;
	*have = st->len - st->pos < n ? st->len - st->pos : n;
	return st->buf + st->pos;
}

bool stream_skip_far(struct stream *st, uint64_t n, struct err *e)
{
	while (n > st->len - st->pos) {
		n -= st->len - st->pos;
		st->pos = st->len = 0;
		if (!stream_fill(st, e))
			return false;
	}
	st->pos += n;
	return true;
}

int stream_open(struct stream *st, const char *path, int wake, struct err *e)
{
	struct stat sb;
	size_t have;
	const uint8_t *head;
	bool in = strcmp(path, "-") == 0;

	*st = (struct stream) { .fd = -1, .wake = wake };
	st->path = strdup(in ? "standard input" : path);
	st->buf = malloc(WINDOW);
	st->cap = WINDOW;
	if (!st->path || !st->buf) {
		err_set(e, ERR_IO, "no memory");
		goto fail;
	}
	st->fd = in ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
		    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (st->fd < 0 || fstat(st->fd, &sb) < 0) {
		err_set(e, errno == EACCES || errno == EPERM ? ERR_PERM : ERR_IO, "%s: %s",
			st->path, strerror(errno));
		goto fail;
	}
	if (S_ISDIR(sb.st_mode)) {
		err_set(e, ERR_IO, "%s is a directory, not a capture file", st->path);
		goto fail;
	}
	if (in && isatty(st->fd)) {
		err_set(e, ERR_USAGE,
			"standard input is a terminal: no capture file comes from it");
		goto fail;
	}
	st->pipe = !S_ISREG(sb.st_mode);
	st->id = (struct file_id) { sb.st_dev, sb.st_ino, S_ISREG(sb.st_mode) };
	if (!st->pipe)
		posix_fadvise(st->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	head = stream_peek(st, 6, &have, e);
	if (!head || unpack_open(st, head, have, e) < 0)
		goto fail;
	return 0;
fail:
	stream_close(st);
	return -1;
}

void stream_close(struct stream *st)
{
	if (st->fd >= 0)
		close(st->fd);
	unpack_close(st->unpack);
	free(st->path);
	free(st->buf);
	*st = (struct stream) { .fd = -1, .wake = -1 };
}
