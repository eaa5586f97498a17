/* SPDX-License-Identifier: BSD-2-Clause */
/* The same connection attempts as sweep.c, by libtins: fields of one packet set anew, serialized. */
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <tins/tins.h>

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? std::strtoul(argv[1], nullptr, 0) : 0, seen = 0;
	Tins::EthernetII frame = Tins::EthernetII("02:00:00:00:00:02", "02:00:00:00:00:01") /
				 Tins::IP("10.0.0.2", "10.0.0.1") / Tins::TCP(80, 1024);
	Tins::TCP &tcp = frame.rfind_pdu<Tins::TCP>();
	std::clock_t from = std::clock();

	tcp.flags(Tins::TCP::SYN);
	for (unsigned long i = 0; i < n; i++) {
		tcp.sport((uint16_t)(1024 + i % 58977));
		tcp.seq((uint32_t)(1 + 7919 * i));
		Tins::PDU::serialization_type bytes = frame.serialize();
		seen += bytes[50] ^ bytes[41];
	}
	std::printf("%.2f\n", (double)(std::clock() - from) / CLOCKS_PER_SEC * 1e9 / (double)n);
	std::fprintf(stderr, "%lx\n", seen);
	return 0;
}
