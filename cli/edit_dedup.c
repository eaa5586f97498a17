/* SPDX-License-Identifier: BSD-2-Clause */
/* strata edit --dedup: each packet only once. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"

#define RING 65536u             /* packets remembered at most; a power of two */
#define ROOM ((size_t)16 << 20) /* bytes of them */

struct seen {
	uint64_t hash;
	int64_t when;
	uint8_t *data;
	uint32_t len, wire_len;
	uint16_t link;
};

struct dedup {
	uint64_t packets; /* the window; 0: by time */
	int64_t ns;
	uint64_t next; /* packets so far; the ring holds [first, next) */
	uint64_t first;
	uint64_t forgot;
	size_t bytes;
	uint64_t chain[RING]; /* by hash: 1 + the number of the youngest */
	uint64_t older[RING]; /* by place in the ring: the same, of the one before in its chain */
	struct seen v[RING];
};

struct dedup *dedup_open(const char *text, struct err *e)
{
	struct dedup *d = calloc(1, sizeof(*d));
	struct options o = { 0 };
	char *end;

	if (!d) {
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	errno = 0;
	d->packets = strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && d->packets && d->packets < RING)
		return d;
	d->packets = 0;
	o.v[OPT_DEDUP] = text;
	if (*end && opt_time(&o, OPT_DEDUP, &d->ns, NULL) == 0)
		return d;
	err_set(e, ERR_USAGE,
		"'--dedup %s': wants a number of packets from 1 to %u, or a time such as 10ms",
		text, RING - 1);
	free(d);
	return NULL;
}

static void forget(struct dedup *d)
{
	struct seen *s = &d->v[d->first++ % RING];

	d->bytes -= s->len;
	free(s->data);
	s->data = NULL;
}

static uint64_t hash_of(const struct packet *p)
{
	uint64_t h = 0xcbf29ce484222325u ^ p->len ^ (uint64_t)p->wire_len << 20;

	for (uint32_t i = 0; i < p->len; i++)
		h = (h ^ p->data[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static bool is_same(const struct seen *s, const struct packet *p)
{
	return s->len == p->len && s->wire_len == p->wire_len && s->link == p->link &&
	       (p->len == 0 || memcmp(s->data, p->data, p->len) == 0);
}

/* Those that the window has left behind. A packet of a clock that went back waits its turn. */
static void slide(struct dedup *d, const struct packet *p)
{
	while (d->first < d->next) {
		const struct seen *s = &d->v[d->first % RING];
		int64_t age;

		if (d->packets ? d->next - d->first <= d->packets
			       : !__builtin_sub_overflow(p->when, s->when, &age) && age <= d->ns)
			break;
		forget(d);
	}
	while (d->first < d->next && (d->next - d->first == RING || d->bytes + p->len > ROOM)) {
		forget(d);
		d->forgot++;
	}
}

int dedup_seen(struct dedup *d, const struct packet *p)
{
	uint64_t h = hash_of(p), i;
	bool found = false;

	slide(d, p);
	for (i = d->chain[h % RING]; i > d->first && !found; i = d->older[(i - 1) % RING]) {
		const struct seen *s = &d->v[(i - 1) % RING];
		found = s->hash == h && is_same(s, p);
	}
	struct seen *s = &d->v[d->next % RING];
	*s = (struct seen) { .hash = h, .when = p->when, .len = p->len };
	s->wire_len = p->wire_len;
	s->link = p->link;
	s->data = malloc(p->len ? p->len : 1);
	if (!s->data)
		return -1;
	if (p->len)
		memcpy(s->data, p->data, p->len);
	d->bytes += p->len;
	d->older[d->next % RING] = d->chain[h % RING];
	d->chain[h % RING] = ++d->next;
	return found;
}

uint64_t dedup_forgot(const struct dedup *d)
{
	return d->forgot;
}

void dedup_close(struct dedup *d)
{
	if (!d)
		return;
	while (d->first < d->next)
		forget(d);
	free(d);
}
