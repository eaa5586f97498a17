/* SPDX-License-Identifier: BSD-2-Clause */
/* All layers of every packet of a capture file, by libtins. */
#include <cstdio>
#include <tins/tins.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 1;
	Tins::FileSniffer sniffer(argv[1]);
	unsigned long packets = 0, layers = 0;

	sniffer.sniff_loop([&](Tins::PDU &pdu) {
		packets++;
		for (const Tins::PDU *at = &pdu; at; at = at->inner_pdu())
			layers++;
		return true;
	});
	std::printf("%lu packets, %lu layers\n", packets, layers);
	return 0;
}
