/* SPDX-License-Identifier: BSD-2-Clause */
/* Options that say something only beside another one, and those that exclude each other. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define MENTIONS 4

/* An option, or one value of it. The first option of all ends a list of them. */
struct mention {
	enum option_id id;
	const char *value; /* NULL: any */
};

/* Of the commands that take the first of with. */
static const struct pairing {
	enum option_id id;
	struct mention with[MENTIONS]; /* one of these */
	const struct command *except;
	const char *why; /* the whole sentence; NULL: the usual one */
} beside[] = {
	{ .id = OPT_DOC, .with = { { OPT_AS, "tree" } } },
	{ .id = OPT_SPANS, .with = { { OPT_AS, "tree" }, { OPT_AS, "json" }, { OPT_AS, "flat" } } },
	{ .id = OPT_FIELDS, .with = { { OPT_AS, "json" }, { OPT_AS, "flat" }, { OPT_AS, "csv" } } },
	{ .id = OPT_IGNORE, .with = { { .id = OPT_VERIFY } } },
	{ .id = OPT_INTERVAL, .with = { { OPT_STATS, "time" } } },
	{ .id = OPT_INTERVAL, .with = { { .id = OPT_SOCKETS } } },
	{ .id = OPT_ONCE, .with = { { .id = OPT_SOCKETS } } },
	{ .id = OPT_OVERLAP,
	  .with = { { .id = OPT_REASSEMBLE }, { .id = OPT_FOLLOW }, { .id = OPT_NOTES } } },
	{ .id = OPT_ROTATE, .with = { { .id = OPT_WRITE } } },
	{ .id = OPT_KEEP, .with = { { .id = OPT_ROTATE } } },
	{ .id = OPT_SPLIT, .with = { { .id = OPT_CLIENT_IF } } },
	{ .id = OPT_CLIENT_IF, .with = { { .id = OPT_SERVER_IF } } },
	{ .id = OPT_SERVER_IF, .with = { { .id = OPT_CLIENT_IF } } },
	{ .id = OPT_SEED, .with = { { .id = OPT_CHECK } } },
	/* Of a file, the link type is known; edit makes another one of it. */
	{ .id = OPT_LINK, .with = { { .id = OPT_HEX } }, .except = &cmd_edit },
};

static const struct pairing apart[] = {
	{ .id = OPT_FIELDS,
	  .with = { { .id = OPT_FOLLOW }, { .id = OPT_STATS }, { .id = OPT_NOTES } } },
	{ .id = OPT_SPANS,
	  .with = { { .id = OPT_FOLLOW }, { .id = OPT_STATS }, { .id = OPT_NOTES } } },
	{ .id = OPT_WHERE,
	  .with = { { .id = OPT_FOLLOW } },
	  .why = "--follow takes a conversation whole; --where would make holes in it" },
	{ .id = OPT_ROTATE,
	  .with = { { .id = OPT_FOLLOW } },
	  .why = "--follow writes one file; --rotate is for captures" },
	{ .id = OPT_INTERVAL,
	  .with = { { .id = OPT_RATE } },
	  .why = "'--rate' and '--interval' say the same: one of them" },
	{ .id = OPT_INTERFACE, .with = { { .id = OPT_ONCE } } },
	{ .id = OPT_STEP,
	  .with = { { .id = OPT_RATE } },
	  .why = "'--step' waits for a key, '--rate' for a time: one of them" },
	{ .id = OPT_INTERFACE,
	  .with = { { .id = OPT_CLIENT_IF } },
	  .why = "'-i' is the one interface of all packets: not with --client-if" },
	{ .id = OPT_VERIFY,
	  .with = { { .id = OPT_CLIENT_IF } },
	  .why = "'--verify' listens on one interface: not with '--client-if' and '--server-if'" },
	{ .id = OPT_VERIFY, .with = { { .id = OPT_DRY_RUN } } },
	{ .id = OPT_ABSOLUTE,
	  .with = { { .id = OPT_RELATIVE } },
	  .why = "'--absolute' and '--relative': one of them" },
	{ .id = OPT_BE, .with = { { OPT_VIA, "stream" }, { OPT_VIA, "datagram" } } },
	{ .id = OPT_NO_PROMISC, .with = { { OPT_VIA, "stream" }, { OPT_VIA, "datagram" } } },
	{ .id = OPT_ABSOLUTE, .with = { { .id = OPT_TABLE } } },
	{ .id = OPT_LEARN, .with = { { .id = OPT_BASELINE } } },
	{ .id = OPT_RELATIVE, .with = { { .id = OPT_TABLE } } },
	{ .id = OPT_LIMIT, .with = { { .id = OPT_TABLE }, { OPT_AS, "json" } } },
	{ .id = OPT_WIDTH,
	  .with = { { .id = OPT_TABLE },
		    { OPT_AS, "svg" },
		    { OPT_AS, "mermaid" },
		    { OPT_AS, "json" } } },
	{ .id = OPT_THREADS,
	  .with = { { .id = OPT_VERIFY },
		    { .id = OPT_EXACT },
		    { .id = OPT_DRY_RUN },
		    { .id = OPT_FRAGMENT } },
	  .why = "'--threads' shares out a sweep, in no order: not with '--verify', '--exact', "
		 "'--dry-run' or '--fragment'" },
	{ .id = OPT_THREADS,
	  .with = { { OPT_SENDER, "af-xdp" } },
	  .why = "'--sender af-xdp' is one socket for a device: not with '--threads'" },
	{ .id = OPT_THREADS, .with = { { OPT_VIA, "stream" }, { OPT_VIA, "datagram" } } },
	{ .id = OPT_VERIFY, .with = { { OPT_VIA, "stream" }, { OPT_VIA, "datagram" } } },
	{ .id = OPT_FRAGMENT, .with = { { OPT_VIA, "stream" }, { OPT_VIA, "datagram" } } },
	{ .id = OPT_LIBNET, .with = { { OPT_VIA, "stream" }, { OPT_VIA, "datagram" } } },
};

static bool given(const struct options *o, const struct mention *m)
{
	return opt_has(o, m->id) && (!m->value || strcmp(o->v[m->id], m->value) == 0);
}

/* The one of them that was given; NULL: none. What is printed has a form, said or not. */
static const struct mention *partner(const struct options *o, const struct command *cmd,
				     const struct pairing *p)
{
	for (unsigned i = 0; i < MENTIONS && p->with[i].id; i++) {
		const struct mention *m = &p->with[i];

		if (given(o, m) || (m->id == OPT_AS && !opt_has(o, OPT_AS) && cmd->form &&
				    strcmp(cmd->form, m->value) == 0))
			return m;
	}
	return NULL;
}

static bool speaks(const struct options *o, const struct command *cmd, const struct pairing *p)
{
	return opt_has(o, p->id) && cmd != p->except && command_takes(cmd, p->with[0].id);
}

static void name(const struct mention *m, const char *before, char *out, size_t cap)
{
	size_t n = strlen(out);

	snprintf(out + n, cap - n, "%s'--%s%s%s'", before, opt_name(m->id), m->value ? " " : "",
		 m->value ? m->value : "");
}

int options_together(const struct options *o, const struct command *cmd, struct err *e)
{
	char names[200] = "";

	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		const struct pairing *p = &beside[i];

		if (!speaks(o, cmd, p) || partner(o, cmd, p))
			continue;
		for (unsigned k = 0; k < MENTIONS && p->with[k].id; k++)
			if (command_takes(cmd, p->with[k].id))
				name(&p->with[k], k ? ", " : "", names, sizeof(names));
		return err_set(e, ERR_USAGE, "'--%s' says something only beside %s",
			       opt_name(p->id), names);
	}
	for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
		const struct pairing *p = &apart[i];
		const struct mention *m = speaks(o, cmd, p) ? partner(o, cmd, p) : NULL;

		if (!m)
			continue;
		if (p->why)
			return err_set(e, ERR_USAGE, "%s", p->why);
		name(m, "", names, sizeof(names));
		return err_set(e, ERR_USAGE, "'--%s' says nothing beside %s", opt_name(p->id),
			       names);
	}
	return 0;
}
