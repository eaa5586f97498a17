/* SPDX-License-Identifier: BSD-2-Clause */
/* One file after the other: when one is full, what the next is called, and which old one goes.
 * Each begins with what its packets need, and is whole when it is closed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/impl.h"
#include "capture/sink_impl.h"
#include "core/clock.h"

/* out.pcapng.gz becomes out_00001.pcapng.gz or out_00001_20261123T104502Z.pcapng.gz: what is put in
 * stands before the first dot of the name, so that its ends keep their meaning. */
static char *rotate_name(const struct sink *s)
{
	const char *slash = strrchr(s->path, '/'), *name = slash ? slash + 1 : s->path;
	const char *dot = strchr(*name == '.' ? name + 1 : name, '.');
	char date[32] = "", *path;
	time_t now = time(NULL);
	struct tm tm;

	if (!dot)
		dot = name + strlen(name);
	if (s->opt.rotate.live && gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "_%Y%m%dT%H%M%SZ", &tm);
	if (asprintf(&path, "%.*s_%05u%s%s", (int)(dot - s->path), s->path, s->files, date, dot) <
	    0)
		return NULL;
	return path;
}

/* Make room for the next file's name, and on the disk. */
static int drop_oldest(struct sink *s, const char *path, struct err *e)
{
	unsigned keep = s->opt.rotate.keep;

	if (!keep)
		return 0;
	if (!s->kept)
		s->kept = calloc(keep, sizeof(*s->kept));
	char *copy = s->kept ? strdup(path) : NULL;
	if (!copy)
		return err_set(e, ERR_IO, "no memory");
	char **oldest = &s->kept[(s->files - 1) % keep];
	int rc = *oldest && unlink(*oldest) < 0 && errno != ENOENT
			 ? err_set(e, ERR_IO, "cannot delete %s: %s", *oldest, strerror(errno))
			 : 0;
	free(*oldest);
	*oldest = copy;
	return rc;
}

int rotate_open(struct sink *s, struct err *e)
{
	struct err why = { 0 };

	s->files++;
	char *path = rotate_name(s);
	int rc = path ? drop_oldest(s, path, &why) : err_set(&why, ERR_IO, "no memory");

	if (rc == 0)
		rc = out_open(&s->f, path, &s->opt, &why);
	free(path);
	s->between = false;
	s->started = false;
	s->bytes = 0;
	s->before += s->safe;
	s->count_before += s->count;
	s->safe = s->count = 0;
	if (rc == 0)
		return SINK_OK;
	/* The other files are whole. */
	s->failed = true;
	s->err = why;
	if (s->files > 1)
		err_set(&s->err, why.code, "%s; %" PRIu64 " packet%s safe", why.msg, s->before,
			s->before == 1 ? " is" : "s are");
	if (e)
		*e = s->err;
	return SINK_ERROR;
}

/* What each source said so far is said to the new file. */
static int repeat(struct sink *s, struct err *e)
{
	bool follow = s->follow;
	uint64_t lost[LOST_KINDS];
	int rc = SINK_OK;

	memcpy(lost, s->lost, sizeof(lost)); /* it is not lost again */
	s->follow = false;                   /* nor remembered */
	for (struct feed *f = s->feeds; f; f = f->next) {
		struct file_block b = { .ifindex = f->kept_first };
		struct buf kept = f->kept;
		size_t at = 0;

		f->sections = 0;
		while (rc == SINK_OK && block_at(&kept, &at, &b))
			rc = take_block(&f->tap, &b, e);
	}
	s->follow = follow;
	memcpy(s->lost, lost, sizeof(lost));
	return rc;
}

int rotate_end(struct sink *s, struct err *e)
{
	int rc = sink_finish(s, e);

	s->between = rc == SINK_OK;
	return rc;
}

int rotate_before(struct sink *s, const struct packet *p, struct err *e)
{
	const struct sink_rotate *r = &s->opt.rotate;
	int rc = SINK_OK;
	int64_t age;

	if (!s->between && s->count &&
	    ((r->packets && s->count >= r->packets) ||
	     /* A packet's record is longer than it by 16 to 44 bytes and its options. */
	     (r->bytes &&
	      sink_bytes(s) + p->len + 32 + (s->opt.live ? LOSSES_ROOM : 0) > r->bytes) ||
	     (r->ns && !__builtin_sub_overflow(p->when, s->begun, &age) && age >= r->ns)))
		rc = rotate_end(s, e);
	if (rc == SINK_OK && s->between) {
		rc = rotate_open(s, e);
		if (rc == SINK_OK)
			rc = repeat(s, e);
	}
	if (rc == SINK_OK && !s->count) {
		s->begun = p->when;
		s->ends_at = r->live && r->ns ? clock_coarse() + r->ns : INT64_MAX;
	}
	return rc;
}

int rotate_after(struct sink *s, struct err *e)
{
	const struct sink_rotate *r = &s->opt.rotate;

	return r->live && r->packets && s->count >= r->packets ? rotate_end(s, e) : SINK_OK;
}

bool rotate_due(const struct sink *s)
{
	return s->rotates && !s->between && s->count && s->ends_at <= clock_coarse();
}

void rotate_done(struct sink *s)
{
	for (unsigned i = 0; s->kept && i < s->opt.rotate.keep; i++)
		free(s->kept[i]);
	free(s->kept);
}
