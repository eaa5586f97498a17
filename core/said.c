/* SPDX-License-Identifier: BSD-2-Clause */
/* The option lists of pcapng: read one by one, and put together. */
#include "core/said.h"

bool said_next(const struct packet_said *s, uint32_t *at, struct said_option *o)
{
	if (*at > s->len || s->len - *at < 4)
		return false;
	o->code = said_u16(s->swap, s->options + *at);
	o->len = said_u16(s->swap, s->options + *at + 2);
	o->p = s->options + *at + 4;
	if (o->code == SAID_END || s->len - *at - 4 < o->len)
		return false;
	*at += 4 + ((o->len + 3u) & ~3u);
	return true;
}

bool said_comment(const struct packet *p, uint32_t *at, const char **text, uint32_t *n)
{
	struct said_option o;

	while (p->said && *at < SAID_SHOWN && said_next(p->said, at, &o)) {
		if (o.code != SAID_COMMENT)
			continue;
		*text = (const char *)o.p;
		*n = o.len;
		return true;
	}
	return false;
}

void said_put(struct buf *b, bool swap, uint16_t code, const void *p, size_t n)
{
	uint16_t head[2] = { code, (uint16_t)n };

	for (int i = 0; swap && i < 2; i++)
		head[i] = __builtin_bswap16(head[i]);
	buf_put(b, head, 4);
	buf_put(b, p, n);
	buf_put(b, "\0\0\0", (4 - n % 4) % 4);
}
