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

void addr_of_sockaddr(const struct sockaddr_storage *s, struct addr *a, uint16_t *port)
{
	memset(a, 0, sizeof(*a));
	*port = 0;
	if (s->ss_family == AF_INET) {
		const struct sockaddr_in *x = (const struct sockaddr_in *)s;

		addr_set(a, (const uint8_t *)&x->sin_addr, 4);
		*port = ntohs(x->sin_port);
	} else if (s->ss_family == AF_INET6) {
		const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)s;

		addr_set(a, (const uint8_t *)&x->sin6_addr, 16);
		a->scope = x->sin6_scope_id;
		*port = ntohs(x->sin6_port);
	}
}

bool type_addr(const struct type *t, unsigned bits)
{
	if (t->form == TYPE_CHOOSE) {
		for (unsigned i = 0; i < t->narms; i++)
			if (t->arms[i].type->form == TYPE_LEAF && type_addr(t->arms[i].type, bits))
				return true;
		return false;
	}
	return t->form == TYPE_LEAF && t->ext.form == EXTENT_KIND && t->kind->cls == KIND_ADDR &&
	       (t->kind->bits ? t->kind->bits : t->bits) == bits;
}

/* Does a field look like an end of this kind? */
static bool end_field(const struct field *f, enum end_kind kind)
{
	const struct type *t = f->type;

	if (kind == END_LINK)
		return type_addr(t, 48);
	if (kind == END_NET)
		return type_addr(t, 32) || type_addr(t, 128);
	return t->form == TYPE_LEAF && t->kind->cls == KIND_NUM && t->bits == 16 && f->selects;
}

static bool swap_ends(const struct proto *p, enum end_kind kind, const struct field **src,
		      const struct field **dst)
{
	for (unsigned i = 0; i < p->nreply; i++) {
		for (unsigned k = 0; k < p->reply[i].nswap; k++) {
			*src = &p->rec.fields[p->reply[i].swap[k].a];
			*dst = &p->rec.fields[p->reply[i].swap[k].b];
			if (end_field(*src, kind) && end_field(*dst, kind))
				return true;
		}
	}
	return false;
}

static const struct field *named(const struct proto *p, const char *name)
{
	return record_field(&p->rec, name, strlen(name));
}

bool proto_ends(const struct proto *p, enum end_kind kind, const struct field **src,
		const struct field **dst)
{
	if (swap_ends(p, kind, src, dst))
		return true;
	if (kind == END_LINK) {
		*src = named(p, "src");
		*dst = named(p, "dst");
		return *src && *dst && end_field(*src, kind) && end_field(*dst, kind);
	}
	*src = *dst = NULL;
	for (unsigned i = 0; kind == END_NET && i < p->npseudo && !*dst; i++) {
		const struct field *f = p->pseudo[i].field ? named(p, p->pseudo[i].field) : NULL;

		if (f && end_field(f, kind))
			*(*src ? dst : src) = f;
	}
	return *dst != NULL;
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
