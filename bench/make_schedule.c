/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes a capture of small datagrams for `arrivals` (nanoseconds). `even`: 100 us apart; `bursts`:
 * 50 of them 2 us apart, every 5 ms.
 *   make_schedule even|bursts COUNT > FILE */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK 0x7374726174612121ull
#define LEN 66

/* To a station that is not there, so that no kernel answers; without a UDP checksum. */
static const uint8_t headers[42] = { 2,    0, 0,  0,  0, 0x99, 2,    0, 0,  0,  0, 1, 8,  0,
				     0x45, 0, 0,  0,  0, 0,    0,    0, 64, 17, 0, 0, 10, 77,
				     0,    1, 10, 77, 0, 2,    0x80, 0, 0,  9,  0, 0, 0,  0 };

static void ip_sum(uint8_t *p)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	p[10] = (uint8_t)(~sum >> 8);
	p[11] = (uint8_t)~sum;
}

int main(int argc, char **argv)
{
	static const uint32_t head[6] = { 0xa1b23c4d, 0x00040002, 0, 0, 262144, 1 };
	uint64_t count = argc == 3 ? strtoull(argv[2], NULL, 0) : 0;
	uint8_t p[LEN] = { 0 };

	memcpy(p, headers, sizeof(headers));
	p[17] = LEN - 14;
	p[39] = LEN - 34;
	ip_sum(p + 14);
	fwrite(head, sizeof(head), 1, stdout);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t due = argv[1][0] == 'e' ? i * 100000 : i / 50 * 5000000 + i % 50 * 2000;
		uint64_t word[3] = { MARK, i, due };
		uint32_t record[4] = { 1795343896 + (uint32_t)(due / 1000000000),
				       (uint32_t)(due % 1000000000), LEN, LEN };

		memcpy(p + 42, word, sizeof(word));
		fwrite(record, sizeof(record), 1, stdout);
		if (fwrite(p, LEN, 1, stdout) != 1)
			return 1;
	}
	return fflush(stdout) != 0;
}
