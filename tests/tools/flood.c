/* SPDX-License-Identifier: BSD-2-Clause */
/* flood N: a capture of N connections that are only opened, each from another address, to stdout.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(uint8_t *p, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

int main(int argc, char **argv)
{
	const uint32_t head[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101 };
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
	uint8_t b[56] = { 0 }, *ip = b + 16, *tcp = ip + 20;

	fwrite(head, sizeof(head), 1, stdout);
	b[8] = b[12] = 40;
	ip[0] = 0x45;
	ip[3] = 40;
	ip[8] = 64;
	ip[9] = 6;
	put(ip + 16, 0x0a4d0002);
	tcp[3] = 80;
	tcp[12] = 0x50;
	tcp[13] = 2;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t second = i / 1000;

		memcpy(b, &second, 4);
		put(ip + 12, 0x0b000000 + i);
		put(tcp + 4, i * 2654435761u);
		tcp[0] = (uint8_t)(i >> 3);
		tcp[1] = (uint8_t)i;
		fwrite(b, sizeof(b), 1, stdout);
	}
	return fflush(stdout) || ferror(stdout);
}
