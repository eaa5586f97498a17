/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own names of interfaces and settings; the one file of lab/ that has them. */
#ifndef STRATA_LAB_KERNEL_H
#define STRATA_LAB_KERNEL_H

/* The interfaces of a host, a number behind it. */
#define KERNEL_PORT "eth"
#define KERNEL_BRIDGE "br0"

struct setting {
	const char *path; /* below /proc/sys/net */
	const char *value;
};

/* Of every network: addresses hold at once, nobody asks for routers or joins groups at moments of
 * its own choice, every error is answered, nothing is refused for where it comes from. */
#define SETTINGS_ALL                                                                               \
	{                                                                                          \
		{ "ipv4/icmp_ratelimit", "0" }, { "ipv6/icmp/ratelimit", "0" },                    \
			{ "ipv4/ping_group_range", "0 0" }, { "ipv4/conf/all/rp_filter", "0" },    \
			{ "ipv4/conf/default/rp_filter", "0" },                                    \
			{ "ipv4/conf/default/igmpv2_unsolicited_report_interval", "10" },          \
			{ "ipv4/conf/default/igmpv3_unsolicited_report_interval", "10" },          \
			{ "ipv6/conf/default/mldv1_unsolicited_report_interval", "10" },           \
			{ "ipv6/conf/default/mldv2_unsolicited_report_interval", "10" },           \
			{ "ipv6/conf/default/accept_dad", "0" },                                   \
			{ "ipv6/conf/default/dad_transmits", "0" },                                \
			{ "ipv6/conf/default/router_solicitations", "0" },                         \
	}
#define SETTINGS_ROUTER                                                                            \
	{                                                                                          \
		{ "ipv4/ip_forward", "1" }, { "ipv6/conf/all/forwarding", "1" },                   \
			{ "ipv6/conf/default/forwarding", "1" },                                   \
	}
/* Of switches, and of the middle of wires: they have no addresses and say nothing. */
#define SETTINGS_MUTE                                                                              \
	{                                                                                          \
		{ "ipv6/conf/all/disable_ipv6", "1" }, { "ipv6/conf/default/disable_ipv6", "1" },  \
	}

/* Tables of sockets, and the state of one that waits for strangers: LISTEN, or no peer. */
#define KERNEL_LISTENERS                                                                           \
	{                                                                                          \
		{ "/proc/self/net/tcp", 0x0a }, { "/proc/self/net/tcp6", 0x0a },                   \
			{ "/proc/self/net/udp", 0x07 }, { "/proc/self/net/udp6", 0x07 },           \
	}

#endif
