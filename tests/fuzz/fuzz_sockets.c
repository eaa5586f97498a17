/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as the kernel's answers about sockets, or as lines of /proc/net: what is read of them
 * is a list of sockets, and every one of two looks is told once. The first byte: which kind, and
 * what they are; the second: where the first look ends. */
#include "tests/fuzz/fuzz.h"

#include "sockets/read.h"

struct count {
	unsigned n, opened, closed;
	uint64_t last;
};

static int changed(void *arg, const struct socket_change *c)
{
	struct count *n = arg;

	hold(c->what && c->now->kind < SOCKET_KINDS && c->now->state < STATES, "a change is one");
	hold(!n->n || c->now->id > n->last, "each socket is told once, in order");
	n->last = c->now->id;
	n->n++;
	n->opened += (c->what & (SOCKET_OPENED | SOCKET_LISTED)) != 0;
	n->closed += (c->what & SOCKET_CLOSED) != 0;
	return 0;
}

static void take(const uint8_t *data, size_t size, unsigned how, struct socket_list *l)
{
	enum socket_kind kind = (enum socket_kind)(how % SOCKET_KINDS);
	char *text;

	l->n = 0;
	if (!(how & 64)) {
		/* As messages lie in a buffer of the kernel's: aligned. */
		uint8_t *copy = malloc(size ? size : 1);

		memcpy(copy, data, size);
		read_messages(copy, size, 0, 0, kind, how & 128, l);
		free(copy);
	} else {
		text = strndup((const char *)data, size);
		for (char *at = NULL, *line = strtok_r(text, "\n", &at); line;
		     line = strtok_r(NULL, "\n", &at))
			read_line(line, kind, how & 128 ? 6 : 4, l);
		free(text);
	}
	socket_list_sort(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socket_table *t;
	struct socket_list l = { 0 };
	struct count n = { 0 };
	size_t first;
	unsigned there;

	if (size < 2)
		return 0;
	t = socket_table_open(NULL);
	first = (size - 2) * data[1] / 255;
	take(data + 2, first, data[0], &l);
	hold(sockets_changes(t, &l, 1000000000, changed, &n) == 0, "a first look");
	there = n.opened - n.closed;
	n = (struct count) { 0 };
	take(data + 2 + first, size - 2 - first, data[0], &l);
	hold(sockets_changes(t, &l, 2000000000, changed, &n) == 0, "a second look");
	there += n.opened - n.closed;
	l.n = 0;
	n = (struct count) { 0 };
	hold(sockets_changes(t, &l, 3000000000, changed, &n) == 0, "a look at nothing");
	hold(n.closed == there && n.n == there, "all that are there are closed");
	socket_list_done(&l);
	socket_table_close(t);
	return 0;
}
