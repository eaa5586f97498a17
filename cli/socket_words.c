/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sockets, in words. */
#include "cli/socket_words.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/near.h"

static int index_of(const char *word, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (strcasecmp(word, names[i]) == 0)
			return i;
	return -1;
}

static int number(const char *word, const char *value, unsigned long most, unsigned long *out,
		  struct err *e)
{
	char *end = NULL;

	errno = 0;
	*out = value && isdigit((unsigned char)*value) ? strtoul(value, &end, 10) : 0;
	if (!end || *end || errno || *out > most)
		return err_set(e, ERR_USAGE, "'%s' wants a number up to %lu", word, most);
	return 0;
}

static int unknown(const char *word, struct err *e)
{
	const char *names[SOCKET_KINDS + STATES + 2] = { "port", "pid" }, *best;
	size_t n = 2;

	for (int i = 0; socket_kind_names[i]; i++)
		names[n++] = socket_kind_names[i];
	for (int i = STATE_NONE + 1; socket_state_names[i]; i++)
		names[n++] = socket_state_names[i];
	best = near_word(word, strlen(word), names, n);
	return err_set(e, ERR_USAGE,
		       "which sockets are '%.40s'? %s%s%sa kind (tcp, udp, raw, icmp, packet), a "
		       "state (listen, estab, ...), port N, pid N",
		       word, best ? "did you mean '" : "", best ? best : "", best ? "'? " : "");
}

int socket_words(struct socket_words *w, int argc, char **argv, struct err *e)
{
	*w = (struct socket_words) { 0 };
	for (int i = 0; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		int kind = index_of(argv[i], socket_kind_names);
		int state = index_of(argv[i], socket_state_names);
		bool port = strcmp(argv[i], "port") == 0, pid = strcmp(argv[i], "pid") == 0;
		unsigned long v;

		if (kind >= 0) {
			w->kinds |= 1u << kind;
		} else if (state > STATE_NONE) {
			w->states |= 1u << state;
		} else if (!port && !pid) {
			return unknown(argv[i], e);
		} else {
			if (number(argv[i], value, port ? UINT16_MAX : INT_MAX, &v, e) < 0)
				return -1;
			if ((port ? w->nports : w->npids) == SOCKET_WORDS)
				return err_set(e, ERR_USAGE, "at most %u times '%s'", SOCKET_WORDS,
					       argv[i]);
			if (port)
				w->port[w->nports++] = (uint16_t)v;
			else
				w->pid[w->npids++] = (int)v;
			i++;
		}
	}
	return 0;
}

bool socket_wanted(const struct socket_words *w, const struct socket_change *c)
{
	const struct socket_info *s = c->now;
	bool port = !w->nports, pid = !w->npids;

	for (unsigned i = 0; i < w->nports; i++)
		port |= w->port[i] == s->local.port || w->port[i] == s->remote.port;
	for (unsigned i = 0; i < w->npids; i++)
		pid |= w->pid[i] == c->owner.pid;
	return port && pid && (!w->kinds || w->kinds & 1u << s->kind) &&
	       (!w->states || w->states & (1u << s->state | 1u << c->was.state));
}
