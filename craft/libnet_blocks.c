/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that knows libnet: a table from a protocol's name to the libnet builder of its
 * header. Values are read from the built layer by field name; a header that has no row here, or
 * whose values libnet has no word for, joins the chain as a data block. */
#include <libnet.h>

#include "core/bits.h"
#include "craft/craft.h"
#include "craft/inject.h"

/* libnet's own switch: on is 0, off is 1. */
#define SUM_OFF LIBNET_OFF

struct block {
	libnet_t *l;
	const struct build *b;
	const struct built *layer;
	unsigned index;    /* of layer in b->layer */
	const uint8_t *h;  /* its header's first byte */
	uint32_t hlen;     /* bytes of its header */
	unsigned consumed; /* layers in front of it that the same libnet block holds */
	bool missing;      /* a field asked for was not there */
};

/* The number in a field of the layer; names what is missing by setting k->missing. */
static uint64_t num_in(struct block *k, const struct built *layer, const char *name)
{
	uint32_t at = tree_find(&layer->tree, name, strlen(name));

	if (at == NODE_NONE || layer->tree.v[at].flags & NODE_RAW) {
		k->missing = true;
		return 0;
	}
	return layer->tree.v[at].num;
}

static uint64_t num(struct block *k, const char *name)
{
	return num_in(k, k->layer, name);
}

static bool has(const struct block *k, const char *name)
{
	return tree_find(&k->layer->tree, name, strlen(name)) != NODE_NONE;
}

/* n bytes of an address field; points into the packet. Never NULL. */
static const uint8_t *bytes_in(struct block *k, const struct built *layer, const char *name,
			       uint32_t n)
{
	static const uint8_t zero[16];
	uint32_t at = tree_find(&layer->tree, name, strlen(name));
	const struct node *v = at == NODE_NONE ? NULL : &layer->tree.v[at];

	if (!v || v->bits != n * 8 || v->bit % 8) {
		k->missing = true;
		return zero;
	}
	return (const uint8_t *)k->b->bytes.p + v->bit / 8;
}

static const uint8_t *bytes(struct block *k, const char *name, uint32_t n)
{
	return bytes_in(k, k->layer, name, n);
}

/* An IPv4 address in network order, as libnet takes it. */
static uint32_t addr4(struct block *k, const char *name)
{
	uint32_t v;

	memcpy(&v, bytes(k, name, 4), 4);
	return v;
}

static struct libnet_in6_addr addr6(struct block *k, const char *name)
{
	struct libnet_in6_addr v;

	memcpy(&v, bytes(k, name, 16), 16);
	return v;
}

/* The header's bytes from n on, as libnet's payload argument: NULL when there are none. */
static const uint8_t *rest(const struct block *k, uint32_t n)
{
	return k->hlen > n ? k->h + n : NULL;
}

static uint32_t rest_len(const struct block *k, uint32_t n)
{
	return k->hlen > n ? k->hlen - n : 0;
}

/* Each returns a libnet tag > 0 when the block was made, 0 when libnet has no word for this header,
 * -1 when libnet failed. Headers shorter than `least` in the table do not come here. */

static libnet_ptag_t block_eth(struct block *k)
{
	const uint8_t *dst = bytes(k, "dst", 6), *src = bytes(k, "src", 6);
	uint16_t type = (uint16_t)num(k, "type");

	if (k->missing || k->hlen != 14)
		return 0;
	return libnet_build_ethernet(dst, src, type, NULL, 0, k->l, 0);
}

/* libnet's 802.1Q block brings both MAC addresses: an outer tag together with the header before it.
 */
static libnet_ptag_t block_vlan(struct block *k)
{
	const struct built *outer = k->index ? &k->b->layer[k->index - 1] : NULL;
	const uint8_t *dst, *src;
	uint64_t tpid, prio, dei, id, type;

	if (!outer || !outer->proto || strcmp(outer->proto->name, "eth") || outer->hlen != 14 ||
	    outer->off + 14 != k->layer->off || k->hlen != 4)
		return 0;
	dst = bytes_in(k, outer, "dst", 6);
	src = bytes_in(k, outer, "src", 6);
	tpid = num_in(k, outer, "type");
	prio = num(k, "prio");
	dei = has(k, "dei") ? num(k, "dei") : num(k, "id");
	id = num(k, "vlan");
	type = num(k, "type");
	if (k->missing)
		return 0;
	k->consumed = 1;
	return libnet_build_802_1q(dst, src, (uint16_t)tpid, (uint8_t)prio, (uint8_t)dei,
				   (uint16_t)id, (uint16_t)type, NULL, 0, k->l, 0);
}

static libnet_ptag_t block_arp(struct block *k)
{
	uint16_t hrd = (uint16_t)num(k, "hwtype"), pro = (uint16_t)num(k, "ptype");
	uint8_t hln = (uint8_t)num(k, "hwlen"), pln = (uint8_t)num(k, "plen");
	uint16_t op = (uint16_t)num(k, "op");
	const uint8_t *sha = bytes(k, "hwsrc", 6), *spa = bytes(k, "psrc", 4);
	const uint8_t *tha = bytes(k, "hwdst", 6), *tpa = bytes(k, "pdst", 4);

	if (k->missing || k->hlen != 28 || hln != 6 || pln != 4)
		return 0;
	return libnet_build_arp(hrd, pro, hln, pln, op, sha, spa, tha, tpa, NULL, 0, k->l, 0);
}

static libnet_ptag_t block_ip(struct block *k)
{
	uint16_t len = (uint16_t)num(k, "len"), id = (uint16_t)num(k, "id");
	uint16_t frag = (uint16_t)(num(k, "flags") << 13 | num(k, "frag"));
	uint8_t tos = (uint8_t)num(k, "tos"), ttl = (uint8_t)num(k, "ttl");
	uint8_t proto = (uint8_t)num(k, "proto");
	uint16_t sum = (uint16_t)num(k, "chksum");
	uint32_t src = addr4(k, "src"), dst = addr4(k, "dst");

	if (k->missing || k->hlen > 60 || k->hlen % 4)
		return 0;
	if (k->hlen > 20 && libnet_build_ipv4_options(k->h + 20, k->hlen - 20, k->l, 0) == -1)
		return -1;
	return libnet_build_ipv4(len, tos, id, frag, ttl, proto, sum, src, dst, NULL, 0, k->l, 0);
}

/* 1.1.6 mixes up the bytes of a flow label (a precedence bug): such a header is data. */
static libnet_ptag_t block_ip6(struct block *k)
{
	uint8_t tc = (uint8_t)num(k, "tc"), nh = (uint8_t)num(k, "nh");
	uint64_t label = num(k, "fl");
	uint8_t hlim = (uint8_t)num(k, "hlim");
	uint16_t plen = (uint16_t)num(k, "plen");
	struct libnet_in6_addr src = addr6(k, "src"), dst = addr6(k, "dst");

	if (k->missing || k->hlen != 40 || label)
		return 0;
	return libnet_build_ipv6(tc, 0, plen, nh, hlim, src, dst, NULL, 0, k->l, 0);
}

/* Options go in as they stand, padded to a multiple of 4: 1.1.6 reads past its padding otherwise.
 */
static libnet_ptag_t block_tcp(struct block *k)
{
	uint16_t sport = (uint16_t)num(k, "sport"), dport = (uint16_t)num(k, "dport");
	uint32_t seq = (uint32_t)num(k, "seq"), ack = (uint32_t)num(k, "ack");
	uint64_t flags = num(k, "flags");
	uint16_t win = (uint16_t)num(k, "window"), urg = (uint16_t)num(k, "urgptr");
	uint16_t sum = (uint16_t)num(k, "chksum");

	if (k->missing || k->hlen > 60 || k->hlen % 4 || flags > 0xff)
		return 0;
	if (k->hlen > 20 && libnet_build_tcp_options(k->h + 20, k->hlen - 20, k->l, 0) == -1)
		return -1;
	return libnet_build_tcp(sport, dport, seq, ack, (uint8_t)flags, win, sum, urg, 20, NULL, 0,
				k->l, 0);
}

static libnet_ptag_t block_udp(struct block *k)
{
	uint16_t sport = (uint16_t)num(k, "sport"), dport = (uint16_t)num(k, "dport");
	uint16_t len = (uint16_t)num(k, "len"), sum = (uint16_t)num(k, "chksum");

	if (k->missing || k->hlen != 8)
		return 0;
	return libnet_build_udp(sport, dport, len, sum, NULL, 0, k->l, 0);
}

static libnet_ptag_t block_icmp(struct block *k)
{
	uint8_t type = (uint8_t)num(k, "type"), code = (uint8_t)num(k, "code");
	uint16_t sum = (uint16_t)num(k, "chksum");
	uint16_t id, seq;

	if (k->missing)
		return 0;
	switch (type) {
	case ICMP_UNREACH:
	case ICMP_TIMXCEED:
		/* libnet writes 0 into the 4 bytes after the sum. */
		if (k->hlen != 8 || be32(k->h + 4))
			return 0;
		return (type == ICMP_UNREACH ? libnet_build_icmpv4_unreach
					     : libnet_build_icmpv4_timeexceed)(type, code, sum,
									       NULL, 0, k->l, 0);
	case ICMP_REDIRECT: {
		uint32_t gw;

		if (k->hlen != 8)
			return 0;
		gw = addr4(k, "gw");
		return k->missing ? 0
				  : libnet_build_icmpv4_redirect(type, code, sum, gw, NULL, 0, k->l,
								 0);
	}
	case ICMP_ECHO:
	case ICMP_ECHOREPLY:
	case ICMP_TSTAMP:
	case ICMP_TSTAMPREPLY:
	case ICMP_MASKREQ:
	case ICMP_MASKREPLY: break;
	default: return 0;
	}
	id = (uint16_t)num(k, "id");
	seq = (uint16_t)num(k, "seq");
	if (k->missing)
		return 0;
	if (type == ICMP_ECHO || type == ICMP_ECHOREPLY)
		return libnet_build_icmpv4_echo(type, code, sum, id, seq, rest(k, 8),
						rest_len(k, 8), k->l, 0);
	if (type == ICMP_MASKREQ || type == ICMP_MASKREPLY) {
		uint32_t mask = k->hlen == 12 ? be32(bytes(k, "addr_mask", 4)) : 0;

		if (k->missing || k->hlen != 12)
			return 0;
		return libnet_build_icmpv4_mask(type, code, sum, id, seq, mask, NULL, 0, k->l, 0);
	}
	if (k->hlen != 20)
		return 0;
	return libnet_build_icmpv4_timestamp(type, code, sum, id, seq, be32(k->h + 8),
					     be32(k->h + 12), be32(k->h + 16), NULL, 0, k->l, 0);
}

static libnet_ptag_t block_icmp6(struct block *k)
{
	uint8_t type = (uint8_t)num(k, "type"), code = (uint8_t)num(k, "code");
	uint16_t sum = (uint16_t)num(k, "chksum");
	uint32_t n = rest_len(k, 24);
	struct libnet_in6_addr target;

	if (k->missing)
		return 0;
	switch (type) {
	case ICMP6_ECHO_REQUEST:
	case ICMP6_ECHO_REPLY: {
		uint16_t id = (uint16_t)num(k, "id"), seq = (uint16_t)num(k, "seq");

		if (k->missing || k->hlen != 8)
			return 0;
		return libnet_build_icmpv6_echo(type, code, sum, id, seq, NULL, 0, k->l, 0);
	}
	case ICMP6_DST_UNREACH:
		if (k->hlen != 8 || be32(k->h + 4))
			return 0;
		return libnet_build_icmpv6_unreach(type, code, sum, NULL, 0, k->l, 0);
	case ND_NEIGHBOR_SOLICIT:
	case ND_NEIGHBOR_ADVERT:
		if (k->hlen < 24 || (type == ND_NEIGHBOR_SOLICIT && be32(k->h + 4)))
			return 0;
		memcpy(&target, k->h + 8, 16);
		/* libnet's payload argument is not const; it only reads it. */
		if (n && libnet_build_data(k->h + 24, n, k->l, 0) == -1)
			return -1;
		if (type == ND_NEIGHBOR_SOLICIT)
			return libnet_build_icmpv6_ndp_nsol(type, code, sum, target, NULL, 0, k->l,
							    0);
		return libnet_build_icmpv6_ndp_nadv(type, code, sum, be32(k->h + 4), target, NULL,
						    0, k->l, 0);
	default: return 0;
	}
}

static libnet_ptag_t block_igmp(struct block *k)
{
	uint8_t type = (uint8_t)num(k, "type"), mrcode = (uint8_t)num(k, "mrcode");
	uint16_t sum = (uint16_t)num(k, "chksum");
	uint32_t group = addr4(k, "gaddr");

	if (k->missing || k->hlen != 8)
		return 0;
	return libnet_build_igmp(type, mrcode, sum, group, NULL, 0, k->l, 0);
}

static libnet_ptag_t block_gre(struct block *k)
{
	uint16_t fv = be16(k->h), sum = 0, offset = 0;
	uint32_t key = 0, seq = 0, at = 4;
	uint16_t type = (uint16_t)num(k, "proto");

	/* checksum, key and sequence are what RFC 2890 has; routing was in RFC 1701 */
	if (k->missing || fv & 0x4fff)
		return 0;
	if (fv & 0x8000 && k->hlen >= at + 4) {
		sum = be16(k->h + at);
		offset = be16(k->h + at + 2);
		at += 4;
	}
	if (fv & 0x2000 && k->hlen >= at + 4) {
		key = be32(k->h + at);
		at += 4;
	}
	if (fv & 0x1000 && k->hlen >= at + 4) {
		seq = be32(k->h + at);
		at += 4;
	}
	if (k->hlen != at || at != 4u + 4u * (!!(fv & 0x8000) + !!(fv & 0x2000) + !!(fv & 0x1000)))
		return 0;
	return libnet_build_gre(fv, type, sum, offset, key, seq, (uint16_t)at, NULL, 0, k->l, 0);
}

static libnet_ptag_t block_mpls(struct block *k)
{
	uint32_t label = (uint32_t)num(k, "label");
	uint8_t cos = (uint8_t)num(k, "cos"), s = (uint8_t)num(k, "s");
	uint8_t ttl = (uint8_t)num(k, "ttl");

	if (k->missing || k->hlen != 4)
		return 0;
	return libnet_build_mpls(label, cos, s, ttl, NULL, 0, k->l, 0);
}

/* libnet has the fixed header; questions and records are its payload. */
static libnet_ptag_t block_dns(struct block *k)
{
	uint16_t id = (uint16_t)num(k, "id");

	if (k->missing || k->hlen < 12 ||
	    k->layer->tree.v[tree_find(&k->layer->tree, "id", 2)].bit != k->layer->off * 8)
		return 0;
	return libnet_build_dnsv4(LIBNET_UDP_DNSV4_H, id, be16(k->h + 2), be16(k->h + 4),
				  be16(k->h + 6), be16(k->h + 8), be16(k->h + 10), rest(k, 12),
				  rest_len(k, 12), k->l, 0);
}

static const struct row {
	const char *name;
	uint32_t least; /* bytes of header without which the builder is not asked */
	libnet_ptag_t (*make)(struct block *k);
} rows[] = {
	{ "eth", 14, block_eth },  { "vlan", 4, block_vlan }, { "arp", 28, block_arp },
	{ "ip", 20, block_ip },    { "ip6", 40, block_ip6 },  { "tcp", 20, block_tcp },
	{ "udp", 8, block_udp },   { "icmp", 8, block_icmp }, { "icmp6", 8, block_icmp6 },
	{ "igmp", 8, block_igmp }, { "gre", 4, block_gre },   { "mpls", 4, block_mpls },
	{ "dns", 12, block_dns },
};

static const struct row *row_of(const struct proto *p)
{
	for (size_t i = 0; p && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].name, p->name))
			return &rows[i];
	return NULL;
}

bool layout_knows(const struct proto *p)
{
	return row_of(p) != NULL;
}

static int libnet_failed(libnet_t *l, const char *what, struct err *e)
{
	const char *why = libnet_geterror(l);

	/* 1.1 ends its texts with a newline, later versions do not. */
	return err_set(e, ERR_IO, "libnet failed on %s: %.*s", what, (int)strcspn(why, "\n"), why);
}

static int data_block(libnet_t *l, const uint8_t *p, uint32_t n, struct layout_stats *st,
		      struct err *e)
{
	if (!n)
		return 0;
	if (libnet_build_data(p, n, l, 0) == -1)
		return libnet_failed(l, "a data block", e);
	st->data_bytes += n;
	return 0;
}

/* One layer's header. Returns how many layers in front of it went into the same block; -1. */
static int header_block(libnet_t *l, const struct build *b, unsigned i, struct layout_stats *st,
			struct err *e)
{
	const struct built *y = &b->layer[i];
	const struct row *row = row_of(y->proto);
	struct block k = { .l = l, .b = b, .layer = y, .index = i, .hlen = y->hlen };
	libnet_ptag_t tag = 0;

	k.h = (const uint8_t *)b->bytes.p + y->off;
	if (row && y->hlen >= row->least)
		tag = row->make(&k);
	if (tag == -1)
		return libnet_failed(l, y->proto->name, e);
	if (tag == 0) {
		st->data += y->proto && y->hlen;
		return data_block(l, k.h, y->hlen, st, e);
	}
	/* After the build: a builder called with sum 0 switches it on again. */
	libnet_toggle_checksum(l, tag, SUM_OFF);
	st->blocks += 1 + k.consumed;
	st->block_bytes += y->hlen + (k.consumed ? b->layer[i - 1].hlen : 0);
	return (int)k.consumed;
}

/* libnet builds from the top of the stack to the bottom: the last byte first. Between two headers
 * lie payloads, trailers and fields after the payload. */
static int blocks(libnet_t *l, const struct build *b, struct layout_stats *st, struct err *e)
{
	const uint8_t *p = (const uint8_t *)b->bytes.p;
	uint32_t end = (uint32_t)b->bytes.n;

	for (unsigned i = b->n; i--;) {
		const struct built *y = &b->layer[i];
		uint32_t hend = y->off + y->hlen;
		int more;

		if (hend > end)
			return err_set(e, ERR_IO, "layers overlap in the built packet");
		if (data_block(l, p + hend, end - hend, st, e))
			return -1;
		more = header_block(l, b, i, st, e);
		if (more < 0)
			return -1;
		i -= (unsigned)more;
		end = b->layer[i].off;
	}
	return data_block(l, p, end, st, e);
}

int layout_bytes(const struct build *b, struct buf *out, struct layout_stats *st, struct err *e)
{
	char text[LIBNET_ERRBUF_SIZE] = "";
	struct layout_stats none = { 0 };
	libnet_t *l;
	uint8_t *p = NULL;
	uint32_t n = 0;
	int rc = -1;

	if (!st)
		st = &none;
	if (!b->bytes.n)
		return 0;
	/* LIBNET_NONE opens no socket and needs no privilege. */
	l = libnet_init(LIBNET_NONE, NULL, text);
	if (!l)
		return err_set(e, ERR_IO, "libnet: %.*s", (int)strcspn(text, "\n"), text);
	if (blocks(l, b, st, e))
		goto out;
	if (libnet_pblock_coalesce(l, &p, &n) == -1) {
		libnet_failed(l, "the packet", e);
		goto out;
	}
	buf_put(out, p, n);
	libnet_adv_free_packet(l, p);
	rc = out->failed ? err_set(e, ERR_IO, "out of memory") : 0;
out:
	libnet_destroy(l);
	return rc;
}

/* ---- libnet as a sender ---- */

struct inject {
	libnet_t *l;
	enum inject_form form;
};

struct inject *inject_open(enum inject_form form, const char *ifname, struct err *e)
{
	static const int types[] = { LIBNET_LINK, LIBNET_RAW4, LIBNET_RAW6 };
	char text[LIBNET_ERRBUF_SIZE] = "";
	struct inject *x = calloc(1, sizeof(*x));

	if (!x) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	x->form = form;
	errno = 0;
	x->l = libnet_init(types[form], ifname, text);
	if (!x->l) {
		err_set(e, errno == EPERM ? ERR_PERM : ERR_IO, "libnet: %.*s",
			(int)strcspn(text, "\n"), text);
		free(x);
		return NULL;
	}
	return x;
}

void inject_close(struct inject *x)
{
	if (!x)
		return;
	libnet_destroy(x->l);
	free(x);
}

int inject_write(struct inject *x, const uint8_t *p, uint32_t n, struct err *e)
{
	int done;

	if (!n)
		return err_set(e, ERR_IO, "an empty packet cannot be sent");
	done = x->form == INJECT_LINK   ? libnet_write_link(x->l, p, n)
	       : x->form == INJECT_FOUR ? libnet_write_raw_ipv4(x->l, p, n)
					: libnet_write_raw_ipv6(x->l, p, n);
	if (done != (int)n)
		return libnet_failed(x->l, "a packet to send", e);
	return 0;
}
