/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and writing output files with suspicion: what stands there already, who may have put it
 * there, and what the kernel really took. */
#include "core/stop.h"
#include "capture/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_error(const char *path, int err, bool shared, struct err *e)
{
	if (err == ELOOP && shared)
		return err_set(e, ERR_PERM,
			       "%s is a symbolic link in a directory that others may write to: "
			       "not followed",
			       path);
	if (err == EEXIST)
		return err_set(e, ERR_USAGE, "%s exists already and is not overwritten", path);
	return err_set(e, err == EACCES || err == EPERM || err == EROFS ? ERR_PERM : ERR_IO,
		       "cannot write %s: %s", path, strerror(err));
}

/* The directory path lies in, opened; *name: what follows. */
static int open_directory(const char *path, const char **name, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");

	*name = slash ? slash + 1 : path;
	if (!dir)
		return err_set(e, ERR_IO, "no memory");
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err_set(e, errno == EACCES ? ERR_PERM : ERR_IO, "cannot write %s: %s: %s", path,
			dir, strerror(errno));
	free(dir);
	return fd;
}

/* What stands there may be overwritten? */
static int judge(struct out_file *f, const struct stat *dir, const struct stat *st,
		 const struct sink_options *o, struct err *e)
{
	bool shared = dir->st_mode & S_IWOTH;

	if (S_ISBLK(st->st_mode))
		return err_set(e, ERR_USAGE, "%s is a disk: no capture is written over it",
			       f->path);
	f->regular = S_ISREG(st->st_mode);
	if (!f->regular)
		return 0;
	if (shared && st->st_uid != geteuid())
		return err_set(e, ERR_PERM,
			       "%s belongs to somebody else, in a directory that others may write "
			       "to: not overwritten",
			       f->path);
	for (unsigned i = 0; i < o->navoid; i++)
		if (o->avoid[i].set && o->avoid[i].dev == st->st_dev &&
		    o->avoid[i].ino == st->st_ino)
			return err_set(e, ERR_USAGE,
				       "%s is being read: it cannot be written at the same time",
				       f->path);
	return 0;
}

static int open_named(struct out_file *f, const char *path, const struct sink_options *o,
		      struct err *e)
{
	const char *name;
	struct stat dir, st;
	int at = open_directory(path, &name, e);

	if (at < 0)
		return -1;
	/* Opened by O_PATH: fstat works since Linux 3.6. */
	if (fstat(at, &dir) < 0) {
		close(at);
		return err_set(e, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	}
	bool shared = dir.st_mode & S_IWOTH;
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
	if (shared)
		flags |= O_NOFOLLOW;
	if (o->keep)
		flags |= O_EXCL;
	f->fd = openat(at, name, flags, 0600);
	int err = errno;
	close(at);
	if (f->fd < 0)
		return open_error(path, err, shared, e);
	if (fstat(f->fd, &st) < 0)
		return err_set(e, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	if (judge(f, &dir, &st, o, e) < 0)
		return -1;
	/* Emptied only now that it may be: O_TRUNC would not have asked. */
	if (f->regular && ftruncate(f->fd, 0) < 0)
		return err_set(e, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

int out_open(struct out_file *f, const char *path, const struct sink_options *o, struct err *e)
{
	char why[128];

	*f = (struct out_file) { .fd = -1, .stop = o->stop };
	f->path = strdup(strcmp(path, "-") == 0 ? "standard output" : path);
	if (!f->path)
		return err_set(e, ERR_IO, "no memory");
	struct err no = { 0 };
	f->pack = pack_open(path, &no);
	if (no.code) {
		if (e)
			*e = no;
		goto fail;
	}
	if (strcmp(path, "-") == 0) {
		if (isatty(STDOUT_FILENO)) {
			err_set(e, ERR_USAGE,
				"a capture file is not for a terminal: say -w FILE, "
				"or send it into a pipe");
			goto fail;
		}
		f->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		if (f->fd < 0) {
			err_set(e, ERR_IO, "standard output: %s", strerror(errno));
			goto fail;
		}
		return 0;
	}
	if (open_named(f, path, o, e) == 0)
		return 0;
fail:
	out_close(f, why);
	return -1;
}

static int write_all(struct out_file *f, const uint8_t *p, size_t n, size_t *done, char why[128])
{
	*done = 0;
	while (*done < n) {
		ssize_t w = write(f->fd, p + *done, n - *done);
		if (w > 0) {
			*done += (size_t)w;
			f->wrote += w;
			continue;
		}
		if (w < 0 && errno == EINTR && stop_asked(f->stop) < 2)
			continue;
		if (w < 0 && errno == EAGAIN) { /* a pipe that someone made non-blocking */
			struct pollfd pf = { .fd = f->fd, .events = POLLOUT };
			poll(&pf, 1, 1000);
			continue;
		}
		if (w < 0 && (errno == EPIPE || errno == EINTR)) {
			f->gone = true;
			return SINK_GONE;
		}
		snprintf(why, 128, "%s", w < 0 ? strerror(errno) : "nothing was taken");
		return SINK_ERROR;
	}
	return SINK_OK;
}

struct packed { /* on its way through write_all */
	struct out_file *f;
	char *why;
};

static int put_packed(void *arg, const uint8_t *p, size_t n)
{
	struct packed *k = arg;
	size_t done;

	return write_all(k->f, p, n, &done, k->why);
}

int out_write(struct out_file *f, const uint8_t *p, size_t n, size_t *done, char why[128])
{
	struct packed k = { f, why };

	if (!f->pack)
		return write_all(f, p, n, done, why);
	snprintf(why, 128, "it could not be compressed");
	int rc = pack_write(f->pack, p, n, put_packed, &k);
	*done = rc == 0 ? n : 0;
	return rc;
}

void out_keep(struct out_file *f, size_t n)
{
	if (!f->pack)
		f->at += (int64_t)n;
	else if (n)
		f->at = f->wrote;
}

void out_cut(struct out_file *f)
{
	/* Should even this fail there is nothing left to try; readers stop at the last whole
	 * record anyway. */
	if (f->regular && ftruncate(f->fd, f->at) == 0)
		f->wrote = lseek(f->fd, f->at, SEEK_SET);
}

int out_close(struct out_file *f, char why[128])
{
	int rc = 0;

	/* A file system that writes late (NFS, quotas) tells its failure here. */
	if (f->fd >= 0 && close(f->fd) < 0 && errno != EINTR) {
		snprintf(why, 128, "%s", strerror(errno));
		rc = -1;
	}
	free(f->path);
	pack_close(f->pack);
	*f = (struct out_file) { .fd = -1 };
	return rc;
}

int out_beside(struct out_file *tmp, const struct out_file *f, struct err *e)
{
	*tmp = (struct out_file) { .fd = -1, .regular = true };
	if (asprintf(&tmp->path, "%s.XXXXXX", f->path) < 0) {
		tmp->path = NULL;
		return err_set(e, ERR_IO, "no memory");
	}
	struct err no = { 0 };
	tmp->pack = pack_open(f->path, &no);
	/* mode 0600, never an existing file */
	tmp->fd = no.code ? -1 : mkostemp(tmp->path, O_CLOEXEC);
	if (tmp->fd >= 0)
		return 0;
	pack_close(tmp->pack);
	err_set(e, ERR_IO, "cannot write %s: %s", tmp->path, strerror(errno));
	free(tmp->path);
	tmp->path = NULL;
	return -1;
}

int out_replace(struct out_file *f, struct out_file *tmp, struct err *e)
{
	if (rename(tmp->path, f->path) < 0)
		return err_set(e, ERR_IO, "cannot replace %s: %s", f->path, strerror(errno));
	close(f->fd);
	f->fd = tmp->fd;
	f->at = tmp->at;
	f->wrote = tmp->wrote;
	pack_close(f->pack);
	f->pack = tmp->pack;
	free(tmp->path);
	*tmp = (struct out_file) { .fd = -1 };
	return 0;
}
