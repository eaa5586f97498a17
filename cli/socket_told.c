/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets as text, much as ss(8) has them, and as JSON. */
#include "cli/socket_told.h"

#include <arpa/inet.h>
#include <string.h>

#include "dissect/escape.h"
#include "dissect/report.h"

static const struct {
	unsigned what;
	const char *word;
} word_of[] = {
	{ SOCKET_LISTED, "there" },  { SOCKET_OPENED, "opened" }, { SOCKET_CLOSED, "closed" },
	{ SOCKET_STATE, "state" },   { SOCKET_ENDS, "moved" },    { SOCKET_STUCK, "stuck" },
	{ SOCKET_DROPS, "dropped" }, { SOCKET_GREW, "queue" },    { SOCKET_RETRANS, "retransmits" },
	{ SOCKET_OWNER, "owner" },
};
#define WORDS (sizeof(word_of) / sizeof(word_of[0]))

const char *socket_word(unsigned what)
{
	if ((what & (SOCKET_OPENED | SOCKET_CLOSED)) == (SOCKET_OPENED | SOCKET_CLOSED))
		return "passed";
	for (size_t i = 0; i < WORDS; i++)
		if (what & word_of[i].what)
			return word_of[i].word;
	return "queue";
}

bool socket_worth(const struct socket_change *c)
{
	const unsigned passed = SOCKET_OPENED | SOCKET_CLOSED;

	return c->what & SOCKET_TOLD &&
	       !((c->what & passed) == passed && c->now->kind == SOCKET_DATAGRAM &&
		 !c->now->local.port && !c->now->remote.port);
}

/* ---- ends and processes ---- */

static void put_addr(const struct socket_info *s, const struct socket_end *end, struct buf *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(s->version == 4 ? AF_INET : AF_INET6, end->addr, text, sizeof(text));
	buf_str(out, text);
}

static bool any_addr(const struct socket_end *end)
{
	static const uint8_t none[16];

	return memcmp(end->addr, none, 16) == 0;
}

bool socket_anywhere(const struct socket_info *s)
{
	return any_addr(&s->local);
}

static void put_port(uint16_t port, struct buf *out)
{
	buf_char(out, ':');
	if (port)
		buf_u64(out, port);
	else
		buf_char(out, '*');
}

static void put_end(const struct socket_info *s, const struct socket_end *end, const char *ifname,
		    struct buf *out)
{
	/* It takes both versions. */
	if (s->dual && any_addr(end)) {
		buf_char(out, '*');
	} else {
		buf_str(out, s->version == 6 ? "[" : "");
		put_addr(s, end, out);
		buf_str(out, s->version == 6 ? "]" : "");
	}
	if (*ifname) {
		buf_char(out, '%');
		escape_term((const uint8_t *)ifname, strlen(ifname), out);
	}
	put_port(end->port, out);
}

/* Which frames, and of which interface. 3 is ETH_P_ALL. */
static void put_frames(const struct socket_change *c, struct buf *out)
{
	if (c->now->protocol == 3)
		buf_char(out, '*');
	else
		buf_fmt(out, "0x%04x", c->now->protocol);
	buf_char(out, ':');
	if (c->ifname[0])
		escape_term((const uint8_t *)c->ifname, strlen(c->ifname), out);
	else
		buf_char(out, '*');
}

void socket_local(const struct socket_change *c, struct buf *out)
{
	if (c->now->kind == SOCKET_PACKET)
		put_frames(c, out);
	else
		put_end(c->now, &c->now->local, c->ifname, out);
}

void socket_remote(const struct socket_change *c, struct buf *out)
{
	if (c->now->kind == SOCKET_PACKET)
		buf_char(out, '*');
	else
		put_end(c->now, &c->now->remote, "", out);
}

void socket_process(const struct socket_change *c, struct buf *out)
{
	if (c->owner.pid) {
		escape_term((const uint8_t *)c->owner.name, strlen(c->owner.name), out);
		buf_fmt(out, "[%d]", c->owner.pid);
		if (c->owner.more)
			buf_fmt(out, "+%u", c->owner.more);
	} else if (c->now->inode) {
		buf_fmt(out, "uid %u", c->now->uid);
	} else {
		buf_char(out, '-');
	}
}

/* ---- a line ---- */

static const char *paint(unsigned what)
{
	if (what & SOCKET_LISTED)
		return "";
	if (what & SOCKET_OPENED)
		return "\033[32m";
	return what & (SOCKET_CLOSED | SOCKET_STATE | SOCKET_ENDS | SOCKET_OWNER) ? "\033[36m"
										  : "\033[33m";
}

static void put_queues(const struct socket_info *s, struct buf *out)
{
	if (s->state == STATE_LISTEN) {
		buf_fmt(out, " waiting %u of %u", s->in, s->out);
		return;
	}
	if (s->in)
		buf_fmt(out, " in %u", s->in);
	if (s->out)
		buf_fmt(out, " out %u", s->out);
}

static void put_numbers(const struct socket_change *c, struct buf *out)
{
	const struct socket_info *s = c->now;

	if (!(c->what & SOCKET_CLOSED))
		put_queues(s, out);
	if (s->retransmits)
		buf_fmt(out, " retransmits %u", s->retransmits);
	if (s->drops)
		buf_fmt(out, " dropped %u", s->drops);
	if (s->rtt) {
		buf_str(out, " rtt ");
		report_seconds((int64_t)s->rtt * 1000000, 3, out);
		buf_str(out, " ms");
	}
	if (c->what & SOCKET_CLOSED && (s->sent || s->received)) {
		buf_str(out, " sent ");
		buf_u64(out, s->sent);
		buf_str(out, " received ");
		buf_u64(out, s->received);
	}
}

static void put_packets(const struct socket_packets *packets, struct buf *out)
{
	for (unsigned i = 0; i < packets->n; i++) {
		if (i)
			buf_char(out, ',');
		buf_u64(out, packets->number[i]);
	}
}

void socket_line(const struct socket_change *c, const struct socket_packets *packets, int64_t first,
		 bool color, struct buf *out)
{
	const struct socket_info *s = c->now;

	report_seconds(c->when - first, 6, out);
	buf_char(out, ' ');
	buf_str(out, color ? paint(c->what) : "");
	buf_str(out, socket_word(c->what));
	buf_str(out, color && *paint(c->what) ? "\033[0m " : " ");
	buf_str(out, socket_kind_names[s->kind]);
	buf_char(out, ' ');
	if (c->what & SOCKET_STATE) {
		buf_str(out, socket_state_names[c->was.state]);
		buf_char(out, '>');
	}
	buf_str(out, socket_state_names[s->state]);
	buf_char(out, ' ');
	socket_local(c, out);
	buf_char(out, ' ');
	socket_remote(c, out);
	buf_char(out, ' ');
	socket_process(c, out);
	put_numbers(c, out);
	if (packets && packets->n) {
		buf_str(out, packets->n == 1 ? " [packet " : " [packets ");
		put_packets(packets, out);
		buf_char(out, ']');
	}
	buf_char(out, '\n');
}

/* ---- JSON ---- */

static void put_key(const char *key, struct buf *out)
{
	buf_str(out, ",\"");
	buf_str(out, key);
	buf_str(out, "\":");
}

static void put_string(const char *key, const char *s, struct buf *out)
{
	put_key(key, out);
	buf_char(out, '"');
	escape_json((const uint8_t *)s, strlen(s), out);
	buf_char(out, '"');
}

static void put_number(const char *key, uint64_t v, struct buf *out)
{
	put_key(key, out);
	buf_u64(out, v);
}

static void put_what(unsigned what, struct buf *out)
{
	bool more = false;

	put_key("what", out);
	buf_char(out, '[');
	for (size_t i = 0; i < WORDS; i++) {
		if (!(what & word_of[i].what))
			continue;
		buf_str(out, more ? ",\"" : "\"");
		buf_str(out, word_of[i].word);
		buf_char(out, '"');
		more = true;
	}
	buf_char(out, ']');
}

static void put_ends(const struct socket_change *c, struct buf *out)
{
	const struct socket_info *s = c->now;

	if (s->version) {
		put_number("ip", s->version, out);
		put_key("local", out);
		buf_char(out, '"');
		put_addr(s, &s->local, out);
		buf_str(out, "\"");
		put_number("lport", s->local.port, out);
		put_key("remote", out);
		buf_char(out, '"');
		put_addr(s, &s->remote, out);
		buf_str(out, "\"");
		put_number("rport", s->remote.port, out);
	}
	if (s->dual)
		buf_str(out, ",\"dual\":true");
	if (s->kind == SOCKET_RAW || s->kind == SOCKET_PACKET)
		put_number("protocol", s->protocol, out);
	if (c->ifname[0])
		put_string("if", c->ifname, out);
}

void socket_json(const struct socket_change *c, const struct socket_packets *packets,
		 struct buf *out)
{
	const struct socket_info *s = c->now;

	buf_str(out, "{\"v\":1");
	put_string("socket", socket_word(c->what), out);
	put_key("ts", out);
	buf_char(out, '"');
	report_seconds(c->when, 9, out);
	buf_char(out, '"');
	put_what(c->what, out);
	put_string("kind", socket_kind_names[s->kind], out);
	put_string("state", socket_state_names[s->state], out);
	if (c->what & SOCKET_STATE)
		put_string("was", socket_state_names[c->was.state], out);
	put_ends(c, out);
	if (c->owner.pid) {
		put_number("pid", (uint64_t)c->owner.pid, out);
		put_string("process", c->owner.name, out);
		put_number("processes", 1 + (uint64_t)c->owner.more, out);
	}
	put_number("uid", s->uid, out);
	put_number("inode", s->inode, out);
	put_number("id", s->id, out);
	put_number("in", s->in, out);
	put_number("out", s->out, out);
	put_number("retransmits", s->retransmits, out);
	put_number("drops", s->drops, out);
	if (s->known) {
		put_number("rtt_us", s->rtt, out);
		put_number("rttvar_us", s->rttvar, out);
		put_number("sent", s->sent, out);
		put_number("received", s->received, out);
	}
	if (packets) {
		buf_str(out, ",\"packets\":[");
		put_packets(packets, out);
		buf_char(out, ']');
	}
	buf_str(out, "}\n");
}
