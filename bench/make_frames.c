/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes a capture file of small frames in random order for the benches: TCP 55, UDP 24, ICMP 10,
 * ARP 8 %, the rest ICMPv6; 12 % of TCP and UDP over IPv6. The same seed gives the same file.
 * Lengths are right, checksums are not filled in: nobody in the comparison verifies them.
 *   make_frames COUNT > FILE */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;

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
		put16(p + 22, rnd(200));
		put16(p + 38, rnd(200));
		return p + 40;
	}
	p[0] = 0x45;
	put16(p + 2, 20 + n);
	put16(p + 4, rnd(65536));
	p[8] = 64;
	p[9] = (uint8_t)proto;
	put32(p + 12, 0x0a000000 + rnd(200));
	put32(p + 16, 0x0a010000 + rnd(200));
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
	put32(p + 14, 0x0a000000 + rnd(200));
	put32(p + 24, 0x0a000000 + rnd(200));
	return 42;
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
		q += 20 + n;
	} else if (which < 79) {
		q = put_network(p, six, 17, 8 + n);
		put16(q, 1024 + rnd(60000));
		put16(q + 2, 40000 + rnd(1000));
		put16(q + 4, 8 + n);
		q += 8 + n;
	} else if (which < 89) {
		q = put_network(p, false, 1, 8 + n);
		q[0] = 8;
		put16(q + 4, rnd(65536));
		q += 8 + n;
	} else if (which < 97) {
		return arp(p);
	} else {
		q = put_network(p, true, 58, 8 + n);
		q[0] = 128;
		put16(q + 4, rnd(65536));
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
