/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that strata edit writes: one, or as many as --split makes. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"

/* "1000", "60s", "10MB". */
static int split_parse(struct edit_output *o, const char *text, struct err *e)
{
	size_t n = strlen(text);
	struct options opt = { 0 };
	char number[32], *end;

	errno = 0;
	o->packets = strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && o->packets && !errno)
		return 0;
	o->packets = 0;
	opt.v[OPT_SPLIT] = text;
	if (*end && opt_time(&opt, OPT_SPLIT, &o->ns, NULL) == 0 && o->ns > 0)
		return 0;
	if (n > 1 && n < sizeof(number) && text[n - 1] == 'B') {
		memcpy(number, text, n);
		number[n - 1] = '\0';
		opt.v[OPT_SPLIT] = number;
		if (opt_size(&opt, OPT_SPLIT, UINT64_MAX, &o->bytes, NULL) == 0 && o->bytes)
			return 0;
	}
	return err_set(e, ERR_USAGE,
		       "'--split %s': wants packets (1000), a time (60s) or a size (10MB)", text);
}

/* out.pcapng.gz becomes out_00001.pcapng.gz: the number stands before the first dot of the name. */
static char *numbered(const struct edit_output *o)
{
	const char *slash = strrchr(o->path, '/'), *name = slash ? slash + 1 : o->path;
	const char *dot = strchr(*name == '.' ? name + 1 : name, '.');
	char *path;

	if (!dot)
		dot = name + strlen(name);
	if (asprintf(&path, "%.*s_%05u%s", (int)(dot - o->path), o->path, o->files, dot) < 0)
		return NULL;
	return path;
}

static bool splits(const struct edit_output *o)
{
	return o->packets || o->ns || o->bytes;
}

/* The next file, o->sink. */
static int next_file(struct edit_output *o, const struct sink_options *so, struct err *e)
{
	char *path;

	o->files++;
	path = splits(o) ? numbered(o) : strdup(o->path);
	if (!path)
		return err_set(e, ERR_IO, "no memory");
	if (o->sink) {
		o->closed += sink_count(o->sink);
		o->sink = sink_next(o->sink, path, e);
	} else {
		o->sink = sink_open(path, so, e);
	}
	free(path);
	o->here = 0;
	return o->sink ? 0 : -1;
}

int output_open(struct edit_output *o, const char *path, const char *split,
		const struct sink_options *so, struct err *e)
{
	struct sink_options mine = *so;

	*o = (struct edit_output) { .path = path };
	if (split && split_parse(o, split, e) < 0)
		return -1;
	if (splits(o) && strcmp(path, "-") == 0)
		return err_set(e, ERR_USAGE, "'-w -' is one file: it cannot be split");
	mine.follow = splits(o);
	return next_file(o, &mine, e);
}

int output_write(struct edit_output *o, const struct packet *p, struct err *e)
{
	int64_t age;
	/* A packet's record is longer than it by 16 to 44 bytes and its options. */
	bool full = o->here &&
		    ((o->packets && o->here >= o->packets) ||
		     (o->bytes && sink_bytes(o->sink) + p->len + 32 > o->bytes) ||
		     (o->ns && !__builtin_sub_overflow(p->when, o->begun, &age) && age >= o->ns));

	if (full && next_file(o, NULL, e) < 0)
		return SINK_ERROR;
	int rc = sink_write(o->sink, p, e);
	if (rc != SINK_OK)
		return rc;
	if (o->here++ == 0)
		o->begun = p->when;
	o->total++;
	return SINK_OK;
}
