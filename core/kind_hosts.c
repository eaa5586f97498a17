/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that stand for addresses: a table handed over by whoever made the network. */
#include "core/load.h"

#include "core/kinds.h"

struct host_name {
	const char *name;
	uint8_t mac[6], v4[4], v6[16];
	bool has_mac, has_v4, has_v6;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word of the line text[*at..end); its length, 0: none is left. */
static size_t next_word(const char *text, size_t end, size_t *at, size_t *from)
{
	while (*at < end && blank(text[*at]))
		++*at;
	*from = *at;
	while (*at < end && !blank(text[*at]))
		++*at;
	return *at - *from;
}

/* Which kind of address a word is; the first of each counts. */
static bool add_address(struct registry *r, struct host_name *h, const char *s, size_t n)
{
	const struct {
		const struct kind *kind;
		uint8_t *to;
		bool *has;
	} kinds[] = { { &kind_mac, h->mac, &h->has_mac },
		      { &kind_ip4, h->v4, &h->has_v4 },
		      { &kind_ip6, h->v6, &h->has_v6 } };

	for (unsigned i = 0; i < 3; i++) {
		struct value v = { 0 };
		struct err no = { 0 };

		if (kinds[i].kind->parse(NULL, s, n, &r->hosts.mem, &v, &no))
			continue;
		if (!*kinds[i].has)
			memcpy(kinds[i].to, v.p, v.len);
		*kinds[i].has = true;
		return true;
	}
	return false;
}

int registry_hosts(struct registry *r, const char *name, const char *text, size_t len,
		   struct err *e)
{
	for (size_t line = 0, end; line < len; line = end + 1) {
		struct host_name *h;
		size_t at = line, from, n;

		for (end = line; end < len && text[end] != '\n';)
			end++;
		n = next_word(text, end, &at, &from);
		if (!n || text[from] == '#')
			continue;
		h = arena_room(&r->hosts.mem, r->hosts.v, r->hosts.n, &r->hosts.cap, sizeof(*h));
		if (!h)
			return err_set(e, ERR_IO, "out of memory");
		r->hosts.v = h;
		h += r->hosts.n;
		memset(h, 0, sizeof(*h));
		h->name = arena_strndup(&r->hosts.mem, text + from, n);
		if (!h->name)
			return err_set(e, ERR_IO, "out of memory");
		while ((n = next_word(text, end, &at, &from)))
			if (!add_address(r, h, text + from, n))
				return err_at(e, name, text, len, from, n,
					      "behind a name stand its addresses");
		r->hosts.n++;
	}
	return 0;
}

const uint8_t *registry_host(const struct registry *r, const char *s, size_t n, unsigned bytes,
			     bool *known)
{
	*known = false;
	for (uint32_t i = 0; i < r->hosts.n; i++) {
		const struct host_name *h = &r->hosts.v[i];

		if (strlen(h->name) != n || memcmp(h->name, s, n) != 0)
			continue;
		*known = true;
		return bytes == 4 && h->has_v4    ? h->v4
		       : bytes == 6 && h->has_mac ? h->mac
		       : bytes == 16 && h->has_v6 ? h->v6
						  : NULL;
	}
	return NULL;
}

const char *registry_host_at(const struct registry *r, unsigned i)
{
	return i < r->hosts.n ? r->hosts.v[i].name : NULL;
}
