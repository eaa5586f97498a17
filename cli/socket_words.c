/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sockets, in words. */
#include "cli/socket_words.h"

#include <arpa/inet.h>
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

static int state_of(const char *word)
{
	/* ss(8) takes these, too. */
	if (strcasecmp(word, "established") == 0)
		return STATE_ESTABLISHED;
	if (strcasecmp(word, "listening") == 0)
		return STATE_LISTEN;
	return index_of(word, socket_state_names);
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

static void map4(const uint8_t v4[4], uint8_t out[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(out, mapped, 12);
	memcpy(out + 12, v4, 4);
}

static int host(const char *value, uint8_t out[16], struct err *e)
{
	uint8_t v4[4];

	if (value && inet_pton(AF_INET6, value, out) == 1)
		return 0;
	if (!value || inet_pton(AF_INET, value, v4) != 1)
		return err_set(e, ERR_USAGE, "'host' wants an address: 10.0.0.1, fd00::1");
	map4(v4, out);
	return 0;
}

enum with_value { OF_PORT, OF_PID, OF_HOST, OF_PROCESS, NO_VALUE };
static const char *const with_value[] = { "port", "pid", "host", "process", NULL };

static int unknown(const char *word, struct err *e)
{
	const char *names[SOCKET_KINDS + STATES + NO_VALUE], *best;
	size_t n = 0;

	for (int i = 0; with_value[i]; i++)
		names[n++] = with_value[i];
	for (int i = 0; socket_kind_names[i]; i++)
		names[n++] = socket_kind_names[i];
	for (int i = STATE_NONE + 1; socket_state_names[i]; i++)
		names[n++] = socket_state_names[i];
	best = near_word(word, strlen(word), names, n);
	return err_set(e, ERR_USAGE,
		       "which sockets are '%.40s'? %s%s%sa kind (tcp, udp, raw, icmp, packet), a "
		       "state (listen, estab, ...), port N, pid N, host ADDRESS, process NAME",
		       word, best ? "did you mean '" : "", best ? best : "", best ? "'? " : "");
}

/* A word and the one behind it. */
static int take_value(struct socket_words *w, enum with_value what, const char *value,
		      struct err *e)
{
	unsigned *n[] = { &w->nports, &w->npids, &w->nhosts, &w->nprocesses };
	const char *word = with_value[what];
	unsigned at = *n[what];
	unsigned long v = 0;

	if (at == SOCKET_WORDS)
		return err_set(e, ERR_USAGE, "at most %u times '%s'", SOCKET_WORDS, word);
	if (what == OF_PROCESS && !value)
		return err_set(e, ERR_USAGE, "'process' wants a name, as ps(1) has it");
	if (what == OF_HOST && host(value, w->host[at], e) < 0)
		return -1;
	if ((what == OF_PORT || what == OF_PID) &&
	    number(word, value, what == OF_PORT ? UINT16_MAX : INT_MAX, &v, e) < 0)
		return -1;
	if (what == OF_PORT)
		w->port[at] = (uint16_t)v;
	else if (what == OF_PID)
		w->pid[at] = (int)v;
	else if (what == OF_PROCESS)
		w->process[at] = value;
	(*n[what])++;
	return 0;
}

int socket_words(struct socket_words *w, int argc, char **argv, struct err *e)
{
	*w = (struct socket_words) { 0 };
	for (int i = 0; i < argc; i++) {
		int kind = index_of(argv[i], socket_kind_names), state = state_of(argv[i]);
		int with = index_of(argv[i], with_value);

		if (kind >= 0)
			w->kinds |= 1u << kind;
		else if (state > STATE_NONE)
			w->states |= 1u << state;
		else if (with < 0)
			return unknown(argv[i], e);
		else if (++i,
			 take_value(w, (enum with_value)with, i < argc ? argv[i] : NULL, e) < 0)
			return -1;
	}
	return 0;
}

static bool is_host(const uint8_t host[16], const struct socket_info *s)
{
	const struct socket_end *end[] = { &s->local, &s->remote };
	uint8_t v6[16];

	for (unsigned i = 0; i < 2 && s->version; i++) {
		if (s->version == 4)
			map4(end[i]->addr, v6);
		else
			memcpy(v6, end[i]->addr, 16);
		if (memcmp(v6, host, 16) == 0)
			return true;
	}
	return false;
}

bool socket_wanted(const struct socket_words *w, const struct socket_change *c)
{
	const struct socket_info *s = c->now;
	bool port = !w->nports, pid = !w->npids, host = !w->nhosts, process = !w->nprocesses;

	for (unsigned i = 0; i < w->nports; i++)
		port |= w->port[i] == s->local.port || w->port[i] == s->remote.port;
	for (unsigned i = 0; i < w->npids; i++)
		pid |= w->pid[i] == c->owner.pid;
	for (unsigned i = 0; i < w->nhosts; i++)
		host |= is_host(w->host[i], s);
	for (unsigned i = 0; i < w->nprocesses; i++)
		process |= c->owner.pid && strncmp(w->process[i], c->owner.name, 15) == 0;
	return port && pid && host && process && (!w->kinds || w->kinds & 1u << s->kind) &&
	       (!w->states || w->states & (1u << s->state | 1u << c->was.state));
}
