/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes a capture file of conversations as a network has them, many at a time: HTTP and TLS in TCP
 * (from the handshake to the end, bodies of many segments, acknowledged by every second one), names
 * asked for and told, QUIC, readings of sensors (examples/sensor.protocol), pings, ARP. Lengths and
 * checksums are right, times and numbers go on. The same words give the same file.
 *   make_traffic COUNT [AT_ONCE [SEGMENTS [FLOOD]]] > FILE
 * AT_ONCE (500): conversations that go on at the same time; SEGMENTS (24): of a body, on average,
 * so that 0 makes many short ones; FLOOD (0): of a hundred packets, SYNs from senders that are
 * none. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT 1448u
#define CLIENTS 250u
#define SERVERS 60u

enum kind { HTTP, TLS, DNS, QUIC, SENSOR, PING, ARP, BULK };
enum tcp_flag { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };

struct talk {
	enum kind kind;
	uint32_t client, server;
	uint16_t cport, sport;
	uint32_t cseq, sseq;
	unsigned step, left, unacked; /* left: segments of the body */
};

static uint64_t state = 1, now;
static unsigned segments = 24, next_port;
static uint8_t noise[65536];

static uint32_t rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 33) % below);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return n % 2 ? sum + ((uint32_t)p[n - 1] << 8) : sum;
}

static void put_sum(uint8_t *p, size_t at, size_t n, uint32_t sum)
{
	put16(p + at, 0);
	sum = sum16(p, n, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(p + at, ~sum & 0xffff);
}

static void tell(const uint8_t *p, uint32_t len)
{
	uint32_t record[4];

	now += 1 + rnd(3);
	record[0] = 1795343896 + (uint32_t)(now / 1000000);
	record[1] = (uint32_t)(now % 1000000);
	record[2] = record[3] = len;
	fwrite(record, sizeof(record), 1, stdout);
	fwrite(p, len, 1, stdout);
}

/* n bytes of `proto` are at p + 34: the headers before them, and the sum at `at` of these bytes. */
static void tell_ip(uint8_t *p, uint32_t from, uint32_t to, unsigned proto, unsigned n, unsigned at)
{
	memset(p, 0, 34);
	p[0] = p[6] = 2;
	put32(p + 2, to);
	put32(p + 8, from);
	put16(p + 12, 0x0800);
	p[14] = 0x45;
	put16(p + 16, 20 + n);
	put16(p + 18, rnd(65536));
	p[20] = 0x40;
	p[22] = 64;
	p[23] = (uint8_t)proto;
	put32(p + 26, from);
	put32(p + 30, to);
	put_sum(p + 14, 10, 20, 0);
	if (at)
		put_sum(p + 34, at, n, proto == 1 ? 0 : sum16(p + 26, 8, n + proto));
	tell(p, 34 + n);
}

static void tell_tcp(struct talk *t, bool back, unsigned flags, const void *body, unsigned n)
{
	uint8_t p[1600], *q = p + 34;
	unsigned h = flags & SYN ? 24 : 32;

	memset(q, 0, h);
	put16(q, back ? t->sport : t->cport);
	put16(q + 2, back ? t->cport : t->sport);
	put32(q + 4, back ? t->sseq : t->cseq);
	put32(q + 8, flags & ACK ? (back ? t->cseq : t->sseq) : 0);
	q[12] = (uint8_t)(h << 2);
	q[13] = (uint8_t)flags;
	put16(q + 14, 64240);
	if (flags & SYN) {
		put32(q + 20, 0x02040000 | 1460);
	} else {
		put32(q + 20, 0x0101080a);
		put32(q + 24, (uint32_t)(now / 1000));
		put32(q + 28, (uint32_t)(now / 1000));
	}
	memcpy(q + h, body, n);
	tell_ip(p, back ? t->server : t->client, back ? t->client : t->server, 6, h + n, 16);
	*(back ? &t->sseq : &t->cseq) += n + (flags & SYN) / SYN + (flags & FIN);
}

static void tell_udp(const struct talk *t, bool back, const void *body, unsigned n)
{
	uint8_t p[1600], *q = p + 34;

	put16(q, back ? t->sport : t->cport);
	put16(q + 2, back ? t->cport : t->sport);
	put16(q + 4, 8 + n);
	put16(q + 6, 0);
	memcpy(q + 8, body, n);
	tell_ip(p, back ? t->server : t->client, back ? t->client : t->server, 17, 8 + n, 6);
}

/* ---- what is said ---- */

static void say_http(struct talk *t)
{
	char s[1500];
	int n;

	if (t->step == 3) {
		n = snprintf(s, sizeof(s),
			     "GET /page/%u HTTP/1.1\r\nHost: www%u.example.org\r\nUser-Agent: "
			     "Mozilla/5.0 (X11; "
			     "Linux x86_64)\r\nAccept: "
			     "text/html,application/xhtml+xml\r\nAccept-Language: "
			     "en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nConnection: "
			     "close\r\n\r\n",
			     rnd(100000), rnd(50));
		tell_tcp(t, false, PSH | ACK, s, (unsigned)n);
		return;
	}
	n = snprintf(s, sizeof(s),
		     "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html; "
		     "charset=utf-8\r\n"
		     "Content-Length: %u\r\nConnection: close\r\n\r\n",
		     100 + t->left * SEGMENT);
	memset(s + n, 'x', 100);
	tell_tcp(t, true, ACK, s, (unsigned)n + 100);
}

/* A record of n bytes, its header included. */
static void tell_record(struct talk *t, bool back, unsigned type, unsigned n)
{
	uint8_t s[SEGMENT];

	memcpy(s, noise + rnd(60000), n);
	s[0] = (uint8_t)type;
	put16(s + 1, 0x0303);
	put16(s + 3, n - 5);
	tell_tcp(t, back, PSH | ACK, s, n);
}

static void say_tls(struct talk *t)
{
	uint8_t s[400] = { 22, 3, 1 };
	bool back = t->step == 4;

	/* A hello: version, random, no session, one suite (a list of one from the client), no more.
	 */
	put16(s + 3, back ? 42 : 45);
	s[5] = back ? 2 : 1;
	s[8] = back ? 38 : 41;
	put16(s + 9, 0x0303);
	memcpy(s + 11, noise + rnd(60000), 32);
	if (back) {
		put16(s + 44, 0x1301);
		tell_tcp(t, true, PSH | ACK, s, 47);
		return;
	}
	put16(s + 44, 2);
	put16(s + 46, 0x1301);
	s[48] = 1;
	tell_tcp(t, false, PSH | ACK, s, 50);
}

static void body(struct talk *t)
{
	if (t->kind == TLS)
		tell_record(t, true, 23, SEGMENT);
	else
		tell_tcp(t, true, ACK, noise + rnd(60000), SEGMENT);
}

/* The next packet of a stream. False: it was the last one. */
static bool stream(struct talk *t)
{
	switch (t->step++) {
	case 0: tell_tcp(t, false, SYN, "", 0); return true;
	case 1: tell_tcp(t, true, SYN | ACK, "", 0); return true;
	case 2: tell_tcp(t, false, ACK, "", 0); return true;
	case 3:
	case 4:
		t->step--;
		if (t->kind == BULK)
			body(t);
		else
			(t->kind == HTTP ? say_http : say_tls)(t);
		t->step++;
		return true;
	case 5:
		t->step--;
		if (t->unacked == 2 || (t->unacked && !t->left)) {
			t->unacked = 0;
			tell_tcp(t, false, ACK, "", 0);
		} else if (t->left) {
			t->left--;
			t->unacked++;
			body(t);
		} else {
			t->step = 6;
			tell_tcp(t, true, FIN | ACK, "", 0);
		}
		return true;
	case 6: tell_tcp(t, false, FIN | ACK, "", 0); return true;
	default: tell_tcp(t, true, ACK, "", 0); return false;
	}
}

static bool name(struct talk *t)
{
	uint8_t s[80] = { 0 };
	unsigned n = 12;

	put16(s, t->cseq & 0xffff);
	put16(s + 2, t->step ? 0x8180 : 0x0100);
	s[5] = 1;
	s[7] = (uint8_t)t->step;
	n += (unsigned)snprintf((char *)s + n, 40, "%cwww%03u%cexample%corg", 6, t->cseq % 1000, 7,
				3) +
	     1;
	s[n + 1] = s[n + 3] = 1;
	n += 4;
	if (t->step) {
		put32(s + n, 0xc00c0001);
		put32(s + n + 4, 0x00010000);
		put32(s + n + 8, 0x0e100004);
		put32(s + n + 12, t->cseq % 1000 | 0xc0000200);
		n += 16;
	}
	tell_udp(t, t->step, s, n);
	return !t->step++;
}

static bool quic(struct talk *t)
{
	uint8_t s[1250];
	bool back = t->step++ % 4;

	memcpy(s, noise + rnd(60000), sizeof(s));
	s[0] = 0x40 | (s[0] & 0x3f);
	tell_udp(t, back, s, back ? 1250 : 40 + rnd(60));
	return t->step < 4 + 2 * segments;
}

static bool sensor(struct talk *t)
{
	uint8_t s[17] = { 0x11, 0, 0, 0, 0, 5, 0, 0, 4, 't', 'e', 'm', 'p' };
	unsigned n = t->step ? 17 : 13;

	if (t->step) {
		s[0] = 0x12;
		s[5] = 9;
		put32(s + 13, 20000 + rnd(3000));
	}
	put16(s + 2, t->cseq & 0xffff);
	put_sum(s, 6, n, 0);
	tell_udp(t, t->step, s, n);
	return !t->step++;
}

static bool ping(struct talk *t)
{
	uint8_t p[200], *q = p + 34;

	memset(q, 0, 64);
	q[0] = t->step ? 0 : 8;
	put16(q + 4, t->cport);
	put16(q + 6, 1);
	for (unsigned i = 8; i < 64; i++)
		q[i] = (uint8_t)i;
	tell_ip(p, t->step ? t->server : t->client, t->step ? t->client : t->server, 1, 64, 2);
	return !t->step++;
}

static bool arp(struct talk *t)
{
	uint32_t from = t->step ? t->server : t->client, to = t->step ? t->client : t->server;
	uint8_t p[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 };

	put32(p + 8, from);
	put32(p + 12, 0x08060001);
	put32(p + 16, 0x08000604);
	put16(p + 20, t->step ? 2 : 1);
	memcpy(p + 22, p + 6, 6);
	put32(p + 28, from);
	put32(p + 38, to);
	tell(p, sizeof(p));
	return !t->step++;
}

static void begin(struct talk *t)
{
	static const uint16_t port[] = { 80, 443, 53, 443, 9000, 0, 0, 873 };
	unsigned which = rnd(100);

	*t = (struct talk) {
		.kind = which < 12   ? HTTP
			: which < 32 ? TLS
			: which < 74 ? DNS
			: which < 78 ? QUIC
			: which < 90 ? SENSOR
			: which < 95 ? PING
			: which < 99 ? ARP
				     : BULK,
		.client = 0x0a000002 + rnd(CLIENTS) + (next_port / 28000 << 8),
		.server = 0x0a800002 + rnd(SERVERS),
		.cseq = rnd(0x7fffffff),
		.sseq = rnd(0x7fffffff),
	};
	t->cport = (uint16_t)(32768 + next_port++ % 28000);
	t->sport = port[t->kind];
	t->left = segments ? rnd(2 * segments) : 0;
	if (t->kind == BULK)
		t->left *= 20;
	if (t->kind == DNS)
		t->server = 0x0a800001;
	if (t->kind == ARP) {
		t->client = 0x0a000002 + rnd(CLIENTS);
		t->server = 0x0a000001;
	}
}

static bool go_on(struct talk *t)
{
	switch (t->kind) {
	case DNS: return name(t);
	case QUIC: return quic(t);
	case SENSOR: return sensor(t);
	case PING: return ping(t);
	case ARP: return arp(t);
	default: return stream(t);
	}
}

static void flood(void)
{
	struct talk t = { .client = 0x10000000 + rnd(0x60000000),
			  .server = 0x0a800009,
			  .cport = (uint16_t)(1024 + rnd(60000)),
			  .sport = 80,
			  .cseq = rnd(0x7fffffff) };

	tell_tcp(&t, false, SYN, "", 0);
}

int main(int argc, char **argv)
{
	/* pcap, microseconds, Ethernet; native byte order */
	static const uint32_t head[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1 };
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000;
	uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 500;
	uint32_t floods = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 0) : 0;
	struct talk *t = n ? calloc(n, sizeof(*t)) : NULL;

	if (argc > 3)
		segments = (unsigned)strtoul(argv[3], NULL, 0);
	if (!t)
		return 2;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)rnd(256);
	for (uint32_t i = 0; i < n; i++)
		begin(&t[i]);
	fwrite(head, sizeof(head), 1, stdout);
	for (unsigned long i = 0; i < count; i++) {
		struct talk *at = &t[rnd(n)];

		if (rnd(100) < floods)
			flood();
		else if (!go_on(at))
			begin(at);
	}
	return fflush(stdout) != 0;
}
