/* SPDX-License-Identifier: BSD-2-Clause */
/* Network addresses of both families, and where a description says that a packet comes from and
 * goes to. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>

#include "craft/addr.h"

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, addr_len(a));
}

bool addr_zero(const struct addr *a)
{
	for (unsigned i = 0; i < addr_len(a); i++)
		if (a->b[i])
			return false;
	return true;
}

bool addr_multicast(const struct addr *a)
{
	return (a->family == AF_INET && a->b[0] >> 4 == 0xe) ||
	       (a->family == AF_INET6 && a->b[0] == 0xff);
}

bool addr_link_local(const struct addr *a)
{
	/* fe80::/10, and multicast of link-local scope ffx2 (RFC 4291 section 2.7) */
	return a->family == AF_INET6 && ((a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80) ||
					 (a->b[0] == 0xff && (a->b[1] & 0x0f) == 0x02));
}

bool addr_set(struct addr *a, const uint8_t *p, size_t n)
{
	memset(a, 0, sizeof(*a));
	if (n != 4 && n != 16)
		return false;
	a->family = n == 4 ? AF_INET : AF_INET6;
	memcpy(a->b, p, n);
	return true;
}

const char *addr_words(const struct addr *a, char out[64])
{
	char name[IF_NAMESIZE] = "";

	if (!a->family || !inet_ntop(a->family, a->b, out, 46))
		snprintf(out, 64, "none");
	else if (a->scope && if_indextoname(a->scope, name))
		snprintf(out + strlen(out), 64 - strlen(out), "%%%.15s", name);
	return out;
}

socklen_t addr_sockaddr(const struct addr *a, uint16_t port, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (a->family == AF_INET) {
		struct sockaddr_in *s = (struct sockaddr_in *)out;

		s->sin_family = AF_INET;
		s->sin_port = htons(port);
		memcpy(&s->sin_addr, a->b, 4);
		return sizeof(*s);
	}
	if (a->family == AF_INET6) {
		struct sockaddr_in6 *s = (struct sockaddr_in6 *)out;

		s->sin6_family = AF_INET6;
		s->sin6_port = htons(port);
		memcpy(&s->sin6_addr, a->b, 16);
		s->sin6_scope_id = a->scope;
		return sizeof(*s);
	}
	return 0;
}

static unsigned fixed_bits(const struct type *t)
{
	if (t->form != TYPE_LEAF || t->ext.form != EXTENT_KIND)
		return 0;
	return t->kind->bits ? t->kind->bits : t->bits;
}

/* Does a field look like an end of this kind? */
static bool end_field(const struct field *f, enum end_kind kind)
{
	unsigned bits = fixed_bits(f->type);

	if (f->type->form != TYPE_LEAF)
		return false;
	if (kind == END_PORT)
		return f->type->kind->cls == KIND_NUM && f->selects && bits == 16;
	if (f->type->kind->cls != KIND_ADDR)
		return false;
	return kind == END_LINK ? bits == 48 : bits == 32 || bits == 128;
}

bool proto_ends(const struct proto *p, enum end_kind kind, const struct field **src,
		const struct field **dst)
{
	const struct field *a = NULL, *b = NULL;

	for (unsigned i = 0; i < p->nreply && !a; i++) {
		for (unsigned k = 0; k < p->reply[i].nswap && !a; k++) {
			const struct field *x = &p->rec.fields[p->reply[i].swap[k].a];
			const struct field *y = &p->rec.fields[p->reply[i].swap[k].b];

			if (!end_field(x, kind) || !end_field(y, kind))
				continue;
			a = x;
			b = y;
		}
	}
	for (unsigned i = 0; kind == END_NET && i < p->npseudo && !b; i++) {
		const struct field *x = p->pseudo[i].field
						? record_field(&p->rec, p->pseudo[i].field,
							       strlen(p->pseudo[i].field))
						: NULL;

		if (!x || !end_field(x, kind))
			continue;
		if (!a)
			a = x;
		else
			b = x;
	}
	if (!a || !b)
		return false;
	*src = a;
	*dst = b;
	return true;
}

static void end_value(const struct tree *t, const struct field *f, struct addr *out)
{
	uint32_t at = tree_child(t, 0, f->index);

	memset(out, 0, sizeof(*out));
	if (at != NODE_NONE && !(t->v[at].flags & (NODE_CUT | NODE_RAW)) && t->v[at].bit % 8 == 0)
		addr_set(out, t->data + t->v[at].bit / 8, t->v[at].bits / 8);
}

int packet_ends(const struct packet *p, struct tree *t, struct addr *src, struct addr *dst)
{
	const struct field *a, *b;

	for (unsigned i = 0; i < p->nlayers; i++) {
		if (!proto_ends(p->layers[i].proto, END_NET, &a, &b))
			continue;
		if (decode(t, p, i))
			return -1;
		end_value(t, a, src);
		end_value(t, b, dst);
		return (int)i;
	}
	return -1;
}
