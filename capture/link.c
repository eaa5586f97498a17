/* SPDX-License-Identifier: BSD-2-Clause */
/* Link types: the numbers in files (LINKTYPE_, www.tcpdump.org/linktypes.html) and those of libpcap
 * on this system (DLT_), which differ for types that were numbered differently on each system. */
#include <pcap.h>

#include "capture/source.h"

/* What pcap-common.c of libpcap maps; all other types have one number. */
static const struct {
	int dlt;
	int link;
} map[] = {
	{ DLT_RAW, 101 },       { DLT_ATM_RFC1483, 100 }, { DLT_SLIP_BSDOS, 102 },
	{ DLT_PPP_BSDOS, 103 }, { DLT_C_HDLC, 104 },      { DLT_ATM_CLIP, 106 },
	{ DLT_PFSYNC, 246 },
};
#define NMAP (sizeof(map) / sizeof(map[0]))

int link_from_dlt(int dlt)
{
	for (size_t i = 0; i < NMAP; i++)
		if (map[i].dlt == dlt)
			return map[i].link;
	return dlt < 0 || dlt > 0xfffe ? -1 : dlt;
}

int link_to_dlt(unsigned link)
{
	for (size_t i = 0; i < NMAP; i++)
		if (map[i].link == (int)link)
			return map[i].dlt;
	return (int)link;
}

const char *link_name(unsigned link)
{
	return pcap_datalink_val_to_name(link_to_dlt(link));
}

const char *link_description(unsigned link)
{
	return pcap_datalink_val_to_description(link_to_dlt(link));
}
