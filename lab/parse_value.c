/* SPDX-License-Identifier: BSD-2-Clause */
/* Options and addresses of a topology: shares, times, rates. */
#include <arpa/inet.h>
#include <stdio.h>

#include "core/near.h"
#include "lab/parser.h"

/* A decimal number of at most `most`, a point and digits allowed; *end: what follows. */
static bool number(const char *s, uint32_t n, double most, double *out, uint32_t *end)
{
	double v = 0, unit = 1;
	uint32_t i = 0, digits = 0;
	bool point = false;

	for (; i < n && ((s[i] >= '0' && s[i] <= '9') || (s[i] == '.' && !point)); i++) {
		if (s[i] == '.') {
			point = true;
			continue;
		}
		digits++;
		v = v * 10 + (s[i] - '0');
		unit *= point ? 10 : 1;
		if (digits > 18)
			return false;
	}
	*out = v / unit;
	*end = i;
	return digits && *out <= most;
}

static bool unit_is(const char *s, uint32_t n, const char *unit)
{
	return n == strlen(unit) && memcmp(s, unit, n) == 0;
}

static int read_time(struct parser *p, const struct word *w, uint32_t skip, int64_t *out)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 } };
	const char *s = w->s + skip;
	uint32_t n = w->n - skip, end;
	double v;

	if (number(s, n, 1e9, &v, &end))
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (unit_is(s + end, n - end, units[i].unit) && v * units[i].ns <= 3600e9) {
				*out = (int64_t)(v * units[i].ns + 0.5);
				return 0;
			}
	return WRONG(p, ((struct lab_place) { w->at + skip, n ? n : 1 }),
		     "a time is wanted, of at most an hour: 20ms, 500us, 2s");
}

int parse_time(struct parser *p, const struct word *w, int64_t *out)
{
	return read_time(p, w, 0, out);
}

static int read_share(struct parser *p, const struct word *w, uint32_t skip, double *out)
{
	uint32_t n = w->n - skip, end;

	if (number(w->s + skip, n, 100, out, &end) && unit_is(w->s + skip + end, n - end, "%")) {
		*out /= 100;
		return 0;
	}
	return WRONG(p, ((struct lab_place) { w->at + skip, n ? n : 1 }),
		     "a share is wanted, from 0%% to 100%%: 10%%, 0.5%%");
}

static int read_rate(struct parser *p, const struct word *w, uint32_t skip, uint64_t *out)
{
	static const struct {
		const char *unit;
		double bits;
	} units[] = { { "bit", 1 }, { "kbit", 1e3 }, { "mbit", 1e6 }, { "gbit", 1e9 } };
	uint32_t n = w->n - skip, end;
	double v;

	if (number(w->s + skip, n, 1e12, &v, &end))
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (unit_is(w->s + skip + end, n - end, units[i].unit) &&
			    v * units[i].bits >= 1000 && v * units[i].bits <= 1e12) {
				*out = (uint64_t)(v * units[i].bits + 0.5);
				return 0;
			}
	return WRONG(p, ((struct lab_place) { w->at + skip, n ? n : 1 }),
		     "a rate is wanted, at least 1kbit: 64kbit, 10mbit, 1gbit");
}

static int read_number(struct parser *p, const struct word *w, uint32_t skip, uint64_t least,
		       uint64_t most, uint64_t *out)
{
	uint32_t n = w->n - skip, i;
	uint64_t v = 0;

	for (i = 0; i < n && w->s[skip + i] >= '0' && w->s[skip + i] <= '9' && v <= most; i++)
		v = v * 10 + (uint64_t)(w->s[skip + i] - '0');
	if (!n || i < n || v < least || v > most)
		return WRONG(p, ((struct lab_place) { w->at + skip, n ? n : 1 }),
			     "a number from %llu to %llu is wanted", (unsigned long long)least,
			     (unsigned long long)most);
	*out = v;
	return 0;
}

static const char *const wire_words[] = { "loss=",    "delay=", "jitter=", "reorder=", "duplicate=",
					  "corrupt=", "rate=",  "queue=",  "mtu=",     "seed=" };
#define WIRE_WORDS (sizeof(wire_words) / sizeof(wire_words[0]))

int parse_wire_option(struct parser *p, struct lab_wire *wire, const struct word *w)
{
	unsigned i;
	uint32_t skip;
	uint64_t v = 0;
	int rc = 0;

	for (i = 0; i < WIRE_WORDS; i++)
		if (w->n >= strlen(wire_words[i]) &&
		    memcmp(w->s, wire_words[i], strlen(wire_words[i])) == 0)
			break;
	if (i == WIRE_WORDS)
		return 0;
	skip = (uint32_t)strlen(wire_words[i]);
	switch (i) {
	case 0: rc = read_share(p, w, skip, &wire->loss); break;
	case 1: rc = read_time(p, w, skip, &wire->delay); break;
	case 2: rc = read_time(p, w, skip, &wire->jitter); break;
	case 3: rc = read_share(p, w, skip, &wire->reorder); break;
	case 4: rc = read_share(p, w, skip, &wire->duplicate); break;
	case 5: rc = read_share(p, w, skip, &wire->corrupt); break;
	case 6: rc = read_rate(p, w, skip, &wire->rate); break;
	case 7:
		rc = read_number(p, w, skip, 1, 100000, &v);
		wire->queue = (uint32_t)v;
		break;
	case 8:
		rc = read_number(p, w, skip, 68, 65535, &v);
		wire->mtu = (uint32_t)v;
		break;
	default:
		rc = read_number(p, w, skip, 0, UINT64_MAX / 16, &wire->seed);
		wire->has_seed = true;
		break;
	}
	return rc ? -1 : 1;
}

static int wrong_address(struct parser *p, const struct word *w)
{
	return WRONG(p, PLACE(*w),
		     "'%.*s' is no address with its network: write 10.0.3.80/24 or fd00:3::80/64",
		     w->n < 60 ? (int)w->n : 60, w->s);
}

/* Who could live there: no group, no loopback, neither the network itself nor its broadcast. */
static int check_address(struct parser *p, const struct word *w, const struct lab_addr *a)
{
	static const uint8_t none[16], one[16] = { [15] = 1 };
	unsigned bits = a->len * 8u, zeros = 0, ones = 0;

	if (a->len == 4 ? a->b[0] == 0 || a->b[0] == 127 || a->b[0] >= 224
			: a->b[0] == 0xff || !memcmp(a->b, none, 16) || !memcmp(a->b, one, 16))
		return WRONG(p, PLACE(*w), "no host can have this address");
	if (a->len == 16 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80)
		return WRONG(p, PLACE(*w), "addresses of the link come by themselves");
	for (unsigned i = a->prefix; i < bits; i++) {
		unsigned bit = a->b[i / 8] >> (7 - i % 8) & 1;

		zeros += !bit;
		ones += bit;
	}
	if (a->prefix + 2u > bits)
		return 0; /* /31 and /32 have neither (RFC 3021) */
	if (zeros == bits - a->prefix)
		return WRONG(p, PLACE(*w), "this is the network itself, not an address in it");
	if (a->len == 4 && ones == bits - a->prefix)
		return WRONG(p, PLACE(*w), "this is the broadcast address of its network");
	return 0;
}

static int read_address(struct parser *p, const struct word *w, struct lab_addr *out)
{
	const char *slash = memchr(w->s, '/', w->n);
	char text[64];
	size_t n = slash ? (size_t)(slash - w->s) : w->n;
	struct lab_addr a = { 0 };
	struct word digits = { w->s + n + 1, 0, w->at + (uint32_t)n + 1 };
	uint64_t prefix;

	if (!slash || n >= sizeof(text))
		return wrong_address(p, w);
	memcpy(text, w->s, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, text, a.b) == 1)
		a.len = 4;
	else if (inet_pton(AF_INET6, text, a.b) == 1)
		a.len = 16;
	else
		return wrong_address(p, w);
	digits.n = w->n - (uint32_t)n - 1;
	if (read_number(p, &digits, 0, 1, a.len * 8u, &prefix))
		return -1;
	a.prefix = (uint8_t)prefix;
	*out = a;
	return check_address(p, w, &a);
}

static int read_mac(struct parser *p, const struct word *w, uint32_t skip, uint8_t *mac)
{
	unsigned v[6];
	char text[18], end;

	if (w->n - skip == 17) {
		memcpy(text, w->s + skip, 17);
		text[17] = '\0';
		if (strspn(text, "0123456789abcdefABCDEF:") == 17 &&
		    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &v[0], &v[1], &v[2], &v[3], &v[4],
			   &v[5], &end) == 6) {
			for (unsigned i = 0; i < 6; i++)
				mac[i] = (uint8_t)v[i];
			if (!(mac[0] & 1) && (v[0] | v[1] | v[2] | v[3] | v[4] | v[5]))
				return 0;
		}
	}
	return WRONG(p, ((struct lab_place) { w->at + skip, w->n > skip ? w->n - skip : 1 }),
		     "a hardware address of one station is wanted: 02:00:00:00:00:50");
}

int parse_own(struct parser *p, const struct word *w, struct lab_addr *addr,
	      struct lab_place *places, uint8_t *mac, struct lab_place *mac_place)
{
	struct lab_addr a;
	enum lab_version v;

	if (w->n >= 4 && memcmp(w->s, "mac=", 4) == 0) {
		if (mac_place->len)
			return WRONG(p, PLACE(*w), "a second hardware address");
		*mac_place = PLACE(*w);
		return read_mac(p, w, 4, mac) ? -1 : 1;
	}
	if (memchr(w->s, '=', w->n))
		return 0;
	if (read_address(p, w, &a))
		return -1;
	v = a.len == 4 ? LAB_V4 : LAB_V6;
	if (addr[v].len)
		return WRONG(p, PLACE(*w), "a second address of this version");
	addr[v] = a;
	places[v] = PLACE(*w);
	return 1;
}

int parse_unknown_option(struct parser *p, const struct word *w, bool node)
{
	static const char *const node_words[] = { "mac=", "tree=" };
	const char *eq = memchr(w->s, '=', w->n), *near;
	uint32_t n = eq ? (uint32_t)(eq - w->s) + 1 : w->n;

	near = node ? near_word(w->s, n, node_words, 2)
		    : near_word(w->s, n, wire_words, WIRE_WORDS);
	if (near)
		return WRONG(p, PLACE(*w), "no option '%.*s'; did you mean '%s'?",
			     w->n < 60 ? (int)w->n : 60, w->s, near);
	if (node)
		return WRONG(
			p, PLACE(*w),
			"no option '%.*s'; there are an address such as 10.0.3.80/24, mac= and, "
			"for switches, tree=on",
			w->n < 60 ? (int)w->n : 60, w->s);
	return WRONG(p, PLACE(*w),
		     "no option '%.*s'; a wire has loss=, delay=, jitter=, reorder=, duplicate=, "
		     "corrupt=, rate=, queue=, mtu= and seed=",
		     w->n < 60 ? (int)w->n : 60, w->s);
}
