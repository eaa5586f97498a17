/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of kinds, and those that need no code: text and bytes, whose literal form is the
 * notation's. */
#include "core/kinds.h"

#include <string.h>

const struct kind kind_text = { .name = "text", .cls = KIND_TEXT };
const struct kind kind_bytes = { .name = "bytes", .cls = KIND_BYTES };

static const struct kind *const kinds[] = {
	&kind_uint,          &kind_int,      &kind_float,     &kind_text,    &kind_bytes,
	&kind_mac,           &kind_ip4,      &kind_ip6,       &kind_eui64,   &kind_unixtime,
	&kind_unixtime64,    &kind_ntptime,  &kind_ntptime32, &kind_qvar,    &kind_mqttvar,
	&kind_berlen,        &kind_decimal,  &kind_cstr,      &kind_line,    &kind_dnsname,
	&kind_dnsname_plain, &kind_oid,      &kind_leb128,    &kind_zigzag,  &kind_vlq,
	&kind_hexnum,        &kind_prefix4,  &kind_prefix6,   &kind_ip4part, &kind_ip6part,
	&kind_bcd,           &kind_tbcd,     &kind_nbname,    &kind_utf16le, &kind_utf16be,
	&kind_unixms,        &kind_unixms48, &kind_unixus,    &kind_unixns,  &kind_filetime,
	&kind_daytime,       &kind_lenenc,   &kind_hpacktext, &kind_len255,
};

const struct kind *kind_at(unsigned i)
{
	return i < sizeof(kinds) / sizeof(kinds[0]) ? kinds[i] : NULL;
}

static bool same(const char *name, size_t n, const char *want)
{
	return strlen(want) == n && memcmp(name, want, n) == 0;
}

const struct kind *kind_find(const char *name, size_t n)
{
	const struct kind *k;
	unsigned i;

	for (i = 0; (k = kind_at(i)); i++)
		if (same(name, n, k->name))
			return k;
	if (same(name, n, "uint"))
		return &kind_uint;
	if (same(name, n, "int"))
		return &kind_int;
	return same(name, n, "float") ? &kind_float : NULL;
}
