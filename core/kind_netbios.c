/* SPDX-License-Identifier: BSD-2-Clause */
/* NetBIOS names (RFC 1001 section 14.1): a domain name whose first label is sixteen bytes in the
 * letters A to P, two for each. Fifteen are the name, filled up with blanks, the last is its kind:
 * "FILESERVER<20>", with the scope behind it: "FILESERVER<20>.example.org". */
#include "core/kinds.h"
#include "core/bits.h"
#include "core/proto.h"

#include <string.h>

#define NAME_BYTES 16

static bool plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       strchr("-_*$~!#%", c);
}

static bool decode_label(const char *s, uint8_t *name)
{
	for (unsigned i = 0; i < 2 * NAME_BYTES; i++) {
		if (s[i] < 'A' || s[i] > 'P')
			return false;
		name[i / 2] = (uint8_t)(name[i / 2] << 4 | (s[i] - 'A'));
	}
	return true;
}

/* The "*" of a status request is filled up with zeros, all others with blanks. */
static bool is_star(const uint8_t *name)
{
	for (unsigned i = 1; i < NAME_BYTES - 1; i++) {
		if (name[i])
			return false;
	}
	return name[0] == '*';
}

static unsigned length(const uint8_t *name)
{
	unsigned n = NAME_BYTES - 1;

	while (n && name[n - 1] == ' ')
		n--;
	return is_star(name) ? 1 : n;
}

static void print_netbios(const struct type *type, const struct value *v, struct buf *out)
{
	uint8_t name[NAME_BYTES] = { 0 };
	struct buf dns = { 0 };
	unsigned n;

	kind_dnsname.print(type, v, &dns);
	out->failed |= dns.failed;
	if (dns.n < 2 * NAME_BYTES || (dns.n > 2 * NAME_BYTES && dns.p[2 * NAME_BYTES] != '.') ||
	    !decode_label(dns.p, name) || (name[0] == '*' && length(name) == 1 && !is_star(name))) {
		buf_put(out, dns.p, dns.n);
		buf_done(&dns);
		return;
	}
	n = length(name);
	for (unsigned i = 0; i < n; i++) {
		if (plain(name[i]))
			buf_char(out, (char)name[i]);
		else
			buf_fmt(out, "\\%03u", name[i]);
	}
	buf_fmt(out, "<%02x>", name[NAME_BYTES - 1]);
	buf_put(out, dns.p + 2 * NAME_BYTES, dns.n - 2 * NAME_BYTES);
	buf_done(&dns);
}

/* One byte of the name at s[*i], \DDD for any. -1: none. */
static int take_byte(const char *s, size_t n, size_t *i)
{
	int c = (uint8_t)s[*i], d = 0;

	(*i)++;
	if (c != '\\')
		return c;
	for (unsigned k = 0; k < 3; k++, (*i)++) {
		if (*i >= n || s[*i] < '0' || s[*i] > '9')
			return -1;
		d = d * 10 + (s[*i] - '0');
	}
	return d < 256 ? d : -1;
}

static int parse_netbios(const struct type *type, const char *s, size_t n, struct arena *mem,
			 struct value *v, struct err *e)
{
	const char *open = n ? memchr(s, '<', n) : NULL;
	size_t len = open ? (size_t)(open - s) : 0, i = 0;
	uint8_t name[NAME_BYTES] = { 0 };
	unsigned k = 0;
	int c, suffix;
	char *dns;

	if (!open) /* as a domain name: what no NetBIOS name fits */
		return kind_dnsname.parse(type, s, n, mem, v, e);
	suffix = n - len >= 4 && open[3] == '>' ? hex_number(open + 1, 2, 2) : -1;
	while (i < len && k < NAME_BYTES - 1 && (c = take_byte(s, len, &i)) >= 0)
		name[k++] = (uint8_t)c;
	if (suffix < 0 || i < len || (n - len > 4 && open[4] != '.'))
		return err_at(e, "", s, n, 0, n,
			      "'%.*s' is not a NetBIOS name: write at most 15 characters and the "
			      "kind, SERVER<20>",
			      quoted(n), s);
	if (k < NAME_BYTES - 1)
		memset(name + k, k == 1 && name[0] == '*' ? 0 : ' ', NAME_BYTES - 1 - k);
	name[NAME_BYTES - 1] = (uint8_t)suffix;
	dns = arena_alloc(mem, n + 2 * NAME_BYTES);
	if (!dns)
		return err_set(e, ERR_IO, "out of memory");
	for (k = 0; k < NAME_BYTES; k++) {
		dns[2 * k] = (char)('A' + (name[k] >> 4));
		dns[2 * k + 1] = (char)('A' + (name[k] & 15));
	}
	memcpy(dns + 2 * NAME_BYTES, open + 4, n - len - 4);
	return kind_dnsname.parse(type, dns, 2 * NAME_BYTES + n - len - 4, mem, v, e);
}

static int read_netbios(const uint8_t *p, uint32_t n, struct value *v)
{
	return kind_dnsname.read(p, n, v);
}

static int write_netbios(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	return kind_dnsname.write(out, base, v, width);
}

const struct kind kind_nbname = { .name = "nbname",
				  .cls = KIND_NAME,
				  .points = true,
				  .read = read_netbios,
				  .write = write_netbios,
				  .parse = parse_netbios,
				  .print = print_netbios };
