/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of a host's addresses, in the notation. */
#include "cli/being.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/being_join.h"

/* ---- --be ---- */

static bool read_mac(const char *s, uint8_t mac[6])
{
	unsigned v[6];
	int end = 0;

	if (sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x%n", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
		   &end) != 6 ||
	    s[end])
		return false;
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)v[i];
	return true;
}

/* One that nobody has, and that is the same for the same address each time (locally administered,
 * IEEE 802 section 8.4). */
static void own_mac(const struct addr *a, uint8_t mac[6])
{
	uint64_t h = 0xcbf29ce484222325;

	for (unsigned i = 0; i < addr_len(a); i++)
		h = (h ^ a->b[i]) * 0x100000001b3;
	for (unsigned i = 1; i < 6; i++)
		mac[i] = a->family == AF_INET ? (i == 1 ? 0 : a->b[i - 2]) : (uint8_t)(h >> i * 8);
	mac[0] = 2;
}

static int read_one(struct being *b, const char *word, struct err *e)
{
	size_t n = strcspn(word, ",");
	struct addr *a = &b->addr[b->n];
	uint8_t bytes[16];
	char text[64] = "";

	if (b->n == BEING_MOST)
		return err_set(e, ERR_USAGE, "no more than %d --be", BEING_MOST);
	if (n < sizeof(text))
		memcpy(text, word, n);
	if (inet_pton(AF_INET, text, bytes) == 1)
		addr_set(a, bytes, 4);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		addr_set(a, bytes, 16);
	else
		return err_set(e, ERR_USAGE,
			       "'--be %.80s': an address is expected, and a link address behind a "
			       "comma if you like: 10.0.0.9 or 2001:db8::9,02:00:00:00:00:09",
			       word);
	if (addr_zero(a) || addr_multicast(a) || (a->family == AF_INET && a->b[0] == 127) ||
	    (a->family == AF_INET && a->b[0] == 255))
		return err_set(e, ERR_USAGE, "'--be %.80s': no host has this address", word);
	own_mac(a, b->mac[b->n]);
	if (word[n] && !read_mac(word + n + 1, b->mac[b->n]))
		return err_set(e, ERR_USAGE,
			       "'--be %.80s': behind the comma stands a link address: "
			       "02:00:00:00:00:09",
			       word);
	if (b->mac[b->n][0] & 1)
		return err_set(e, ERR_USAGE, "'--be %.80s': this link address is a group's", word);
	for (unsigned i = 0; i < b->n; i++)
		if (addr_eq(&b->addr[i], a))
			return err_set(e, ERR_USAGE, "'--be' says %s twice", text);
	b->n++;
	return 0;
}

int being_read(struct being *b, const struct cli *c, struct err *e)
{
	for (unsigned i = 0; i < 2 * BEING_MOST; i++)
		b->held[i] = -1;
	for (unsigned i = 0; i < c->opt.n[OPT_BE]; i++)
		if (read_one(b, c->opt.list[OPT_BE][i], e) < 0)
			return -1;
	return 0;
}

void being_done(struct being *b)
{
	for (unsigned i = 0; i < b->ntext; i++)
		free(b->text[i]);
	for (unsigned i = 0; b->n && i < 2 * BEING_MOST; i++)
		if (b->held[i] >= 0)
			close(b->held[i]);
	free(b->rule);
}

/* ---- rules ---- */

__attribute__((format(printf, 2, 3))) static const char *text(struct being *b, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	if (s)
		b->text[b->ntext++] = s;
	return s;
}

static const char *mac_words(const uint8_t m[6], char out[18])
{
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return out;
}

static bool add(struct being *b, enum react_do what, const char *pattern, const char *does,
		unsigned skip)
{
	struct react_rule *r = &b->rule[b->nrules++];

	*r = (struct react_rule) { .pattern = pattern, .n = 1, .aside = true, .skip = skip };
	r->act[0] = (struct react_act) { .what = what, .text = does };
	return pattern && does;
}

/* RFC 826. */
static bool of_version4(struct being *b, const char *addr, const char *mac)
{
	return add(b, REACT_REPLY, text(b, "arp op=who-has pdst=%s", addr),
		   text(b, "eth src=%s\narp hwsrc=%s hwdst={arp.hwsrc}", mac, mac), 0);
}

/* RFC 4861 section 7.2.4. Who has no address yet only looks whether somebody has this one (RFC
 * 4862): all are told. */
static bool of_version6(struct being *b, const char *addr, const char *mac)
{
	return add(b, REACT_SEND,
		   text(b, "ip6 src=:: / icmp6 type=neighbour-solicitation tgt=%s", addr),
		   text(b,
			"eth src=%s dst=33:33:00:00:00:01 / ip6 src=%s dst=ff02::1 hlim=255 / "
			"icmp6 "
			"type=neighbour-advertisement naflags=override tgt=%s "
			"options=tgt_lladdr:%s",
			mac, addr, addr, mac),
		   1) &&
	       add(b, REACT_REPLY, text(b, "icmp6 type=neighbour-solicitation tgt=%s", addr),
		   text(b,
			"eth src=%s\nip6 src=%s hlim=255\nicmp6 naflags=solicited+override "
			"options=tgt_lladdr:%s",
			mac, addr, mac),
		   0);
}

int being_rules(struct being *b, const struct react_rule *rule, unsigned n, struct err *e)
{
	bool done = true;

	b->rule = calloc(n + 2 * b->n, sizeof(*b->rule));
	if (!b->rule)
		return err_set(e, ERR_IO, "no memory");
	for (unsigned i = 0; i < b->n && done; i++) {
		char addr[64], mac[18];

		addr_words(&b->addr[i], addr);
		mac_words(b->mac[i], mac);
		done = b->addr[i].family == AF_INET ? of_version4(b, addr, mac)
						    : of_version6(b, addr, mac);
	}
	if (!done)
		return err_set(e, ERR_IO, "no memory");
	if (b->nrules + n > REACT_RULES)
		return err_set(e, ERR_USAGE, "%u patterns and those of --be: no more than %d", n,
			       REACT_RULES);
	for (unsigned i = 0; i < n; i++)
		b->rule[b->nrules++] = rule[i];
	return 0;
}

/* ---- the interface ---- */

int being_join(struct being *b, const char *ifname, struct err *e)
{
	unsigned ifindex = if_nametoindex(ifname);
	char words[64];

	if (b->n && !join_ethernet(ifname))
		return err_set(e, ERR_USAGE,
			       "--be plays a host on an Ethernet: %.40s has no link addresses",
			       ifname);
	for (unsigned i = 0; i < b->n; i++) {
		const struct addr *a = &b->addr[i];

		addr_words(a, words);
		if (join_own(a->b, addr_len(a), ifindex))
			return err_set(e, ERR_USAGE,
				       "%s is this machine's own: its kernel says where it is",
				       words);
		b->held[2 * i] = join_mac(ifindex, b->mac[i]);
		if (b->held[2 * i] < 0 && errno != EPERM)
			return err_set(e, ERR_IO, "%.40s does not take another link address: %s",
				       ifname, strerror(errno));
		if (a->family != AF_INET6)
			continue;
		b->held[2 * i + 1] = join_solicited(ifindex, a->b);
		if (b->held[2 * i + 1] < 0)
			return err_set(e, ERR_IO, "the group of neighbours of %s: %s", words,
				       strerror(errno));
	}
	return 0;
}

void being_tell(const struct being *b, const struct cli *c)
{
	char addr[64], mac[18];

	for (unsigned i = 0; i < b->n; i++)
		say(c, "being %s at %s", addr_words(&b->addr[i], addr), mac_words(b->mac[i], mac));
}
