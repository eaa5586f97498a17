/* SPDX-License-Identifier: BSD-2-Clause */
/* The vocabulary of pcap-filter(7), after the lexer of libpcap 1.10. */
#include "capture/bpf_words.h"

#include <string.h>

#include "core/near.h"

/* pcap-filter(7) and the lexer of libpcap 1.10. */
static const char *const known[] = {
	"and",         "or",       "not",        "host",     "net",      "port",
	"portrange",   "src",      "dst",        "mask",     "proto",    "protochain",
	"gateway",     "ether",    "link",       "ip",       "ip6",      "arp",
	"rarp",        "tcp",      "udp",        "icmp",     "icmp6",    "sctp",
	"vlan",        "mpls",     "pppoed",     "pppoes",   "geneve",   "broadcast",
	"multicast",   "less",     "greater",    "len",      "length",   "byte",
	"inbound",     "outbound", "ifindex",    "ppp",      "slip",     "fddi",
	"tr",          "wlan",     "radio",      "igmp",     "igrp",     "pim",
	"vrrp",        "carp",     "ah",         "esp",      "atalk",    "aarp",
	"decnet",      "lat",      "sca",        "moprc",    "mopdl",    "iso",
	"esis",        "es-is",    "isis",       "is-is",    "l1",       "l2",
	"iih",         "lsp",      "snp",        "csnp",     "psnp",     "clnp",
	"stp",         "ipx",      "netbeui",    "type",     "subtype",  "dir",
	"direction",   "address1", "address2",   "address3", "address4", "addr1",
	"addr2",       "addr3",    "addr4",      "ra",       "ta",       "lane",
	"llc",         "metac",    "bcc",        "oam",      "oamf4",    "oamf4ec",
	"oamf4sc",     "sc",       "ilmic",      "vpi",      "vci",      "connectmsg",
	"metaconnect", "on",       "ifname",     "rset",     "ruleset",  "rnr",
	"rulenum",     "srnr",     "subrulenum", "reason",   "action",   "sio",
	"opc",         "dpc",      "sls",        "hsio",     "hopc",     "hdpc",
	"hsls",        "fisu",     "lssu",       "lsu",      "msu",      "hfisu",
	"hlssu",       "hlsu",     "hmsu",       "icmptype", "icmpcode", "icmp6type",
	"icmp6code",   "tcpflags", "atm",
};
#define NKNOWN (sizeof(known) / sizeof(known[0]))

/* After these a word of any spelling is no host. */
static const char *const takes_word[] = { "port", "portrange", "proto",  "protochain",
					  "type", "subtype",   "dir",    "direction",
					  "on",   "ifname",    "reason", "action",
					  "rset", "ruleset",   "llc" };

const char *const bpf_more[] = { "",        " tcp", " 1",           " 10.0.0.1",
				 " port 1", " = 1", " : 1] = 1",    "] = 1",
				 " 1] = 1", "-2",   " 1:2:3:4:5:6", " mask 255.0.0.0",
				 " \\tcp",  NULL };

static bool in_list(const char *s, size_t n, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == n && strncasecmp(s, list[i], n) == 0)
			return true;
	return false;
}

bool bpf_knows(const char *word, size_t n)
{
	return in_list(word, n, known, NKNOWN) || strncmp(word, "icmp-", 5) == 0 ||
	       strncmp(word, "icmp6-", 6) == 0 || strncmp(word, "tcp-", 4) == 0;
}

bool bpf_takes_word(const char *word, size_t n)
{
	return in_list(word, n, takes_word, sizeof(takes_word) / sizeof(takes_word[0]));
}

const char *bpf_near(const char *word, size_t n)
{
	return near_word(word, n, known, NKNOWN);
}
