/* SPDX-License-Identifier: BSD-2-Clause */
/* A bare libpcap loop over a capture file: the floor for whoever reads through libpcap. */
#include <pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = argc > 1 ? pcap_open_offline(argv[1], why) : NULL;
	struct pcap_pkthdr *head;
	const unsigned char *data;
	unsigned long packets = 0, bytes = 0;

	if (!p)
		return 1;
	while (pcap_next_ex(p, &head, &data) == 1) {
		packets++;
		bytes += head->caplen + data[0];
	}
	pcap_close(p);
	printf("%lu packets, %lu\n", packets, bytes);
	return 0;
}
