/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes a capture file of small frames in random order for the benches: TCP 55, UDP 24, ICMP 10,
 * ARP 8 %, the rest ICMPv6; 12 % of TCP and UDP over IPv6. The same seed gives the same file.
 * Lengths and checksums are right, as in most captures: who verifies them has nothing to report.
 *   make_frames COUNT [HOSTS [DNS]] > FILE
 * HOSTS (200): addresses on each side; DNS (0): of a hundred datagrams, those that ask for a name.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;
static uint32_t hosts = 200, names;

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
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

/* The Internet checksum (RFC 1071) of the n bytes at p into p + at. */
static void put_sum(uint8_t *p, size_t at, size_t n, uint32_t sum)
{
	sum = sum16(p, n, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(p + at, sum == 0xffff ? 0xffff : ~sum & 0xffff);
}

/* That of the n bytes at p, with the addresses before it and the protocol's number. */
static void put_pseudo_sum(uint8_t *p, size_t at, size_t n, bool six, unsigned proto)
{
	unsigned addresses = six ? 32 : 8;

	put_sum(p, at, n, sum16(p - addresses, addresses, (uint32_t)n + proto));
}

static uint8_t *put_network(uint8_t *p, bool six, unsigned proto, unsigned n)
{
	put16(p + 12, six ? 0x86dd : 0x0800);
	p += 14;
	if (six) {
		p[0] = 0x60;
		put16(p + 4, n);
		p[6] = (uint8_t)proto;
		p[7] = 64;
		p[8] = p[24] = 0xfd;
		put16(p + 22, rnd(hosts));
		put16(p + 38, rnd(hosts));
		return p + 40;
	}
	p[0] = 0x45;
	put16(p + 2, 20 + n);
	put16(p + 4, rnd(65536));
	p[8] = 64;
	p[9] = (uint8_t)proto;
	put32(p + 12, 0x0a000000 + rnd(hosts));
	put32(p + 16, 0x0a010000 + rnd(hosts));
	put_sum(p, 10, 20, 0);
	return p + 20;
}

static unsigned arp(uint8_t *p)
{
	put16(p + 12, 0x0806);
	p += 14;
	put16(p, 1);
	put16(p + 2, 0x0800);
	p[4] = 6;
	p[5] = 4;
	put16(p + 6, 1 + rnd(2));
	put32(p + 14, 0x0a000000 + rnd(hosts));
	put32(p + 24, 0x0a000000 + rnd(hosts));
	return 42;
}

/* A question for the address of a name (RFC 1035). */
static unsigned dns(uint8_t *p)
{
	static const uint8_t asked[] = "\7example\3org\0\0\1\0"; /* and a 1 */
	unsigned n = 8 + 12 + sizeof(asked);
	uint8_t *q = put_network(p, false, 17, n);

	put16(q, 1024 + rnd(60000));
	put16(q + 2, 53);
	put16(q + 4, n);
	put16(q + 8, rnd(65536));
	q[10] = 1;
	q[13] = 1;
	memcpy(q + 20, asked, sizeof(asked));
	q[n - 1] = 1;
	put_pseudo_sum(q, 6, n, false, 17);
	return (unsigned)(q + n - p);
}

static unsigned frame(uint8_t *p)
{
	unsigned which = rnd(100), n = rnd(12);
	bool six = rnd(100) < 12;
	uint8_t *q;

	memset(p, 0, 128);
	/* Few stations: tcpdump keeps every address it has seen in chains that grow. */
	p[0] = p[6] = 2;
	p[5] = (uint8_t)rnd(4);
	p[11] = (uint8_t)rnd(4);
	if (which < 55) {
		q = put_network(p, six, 6, 20 + n);
		put16(q, 1024 + rnd(60000));
		put16(q + 2, rnd(4) ? 40000 + rnd(1000) : 9999);
		put32(q + 4, rnd(0x7fffffff));
		q[12] = 0x50;
		q[13] = 0x10;
		put16(q + 14, 64240);
		put_pseudo_sum(q, 16, 20 + n, six, 6);
		q += 20 + n;
	} else if (which < 79 && names && rnd(100) < names) {
		return dns(p);
	} else if (which < 79) {
		q = put_network(p, six, 17, 8 + n);
		put16(q, 1024 + rnd(60000));
		put16(q + 2, 40000 + rnd(1000));
		put16(q + 4, 8 + n);
		put_pseudo_sum(q, 6, 8 + n, six, 17);
		q += 8 + n;
	} else if (which < 89) {
		q = put_network(p, false, 1, 8 + n);
		q[0] = 8;
		put16(q + 4, rnd(65536));
		put_sum(q, 2, 8 + n, 0);
		q += 8 + n;
	} else if (which < 97) {
		return arp(p);
	} else {
		q = put_network(p, true, 58, 8 + n);
		q[0] = 128;
		put16(q + 4, rnd(65536));
		put_pseudo_sum(q, 2, 8 + n, true, 58);
		q += 8 + n;
	}
	return (unsigned)(q - p);
}

int main(int argc, char **argv)
{
	/* pcap, microseconds, Ethernet; native byte order */
	static const uint32_t head[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1 };
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000;
	uint8_t bytes[128];

	if (argc > 2)
		hosts = (uint32_t)strtoul(argv[2], NULL, 0);
	if (argc > 3)
		names = (uint32_t)strtoul(argv[3], NULL, 0);
	if (!hosts)
		return 2;
	fwrite(head, sizeof(head), 1, stdout);
	for (unsigned long i = 0; i < count; i++) {
		unsigned len = frame(bytes);
		uint32_t record[4] = { 1795343896 + (uint32_t)(i / 1000000),
				       (uint32_t)(i % 1000000), len, len };

		fwrite(record, sizeof(record), 1, stdout);
		if (fwrite(bytes, len, 1, stdout) != 1)
			return 1;
	}
	return fflush(stdout) != 0;
}
