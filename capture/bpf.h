/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture filters, pcap-filter(7), compiled by libpcap: in the kernel for devices, here for files
 * and packets of our own. */
#ifndef STRATA_CAPTURE_BPF_H
#define STRATA_CAPTURE_BPF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/packet.h"

struct bpf;

/* Compile text for packets of link type `link`. resolve: names of hosts may be looked up; else a
 * name that would need it is an error. The error has a place in text (name "filter"). NULL: e. */
struct bpf *bpf_open(const char *text, uint16_t link, bool resolve, struct err *e);
/* Does p match? Packets of another link type than at opening get the same text compiled for theirs
 * (once); if it makes no sense there they do not match. One thread at a time. */
bool bpf_match(struct bpf *b, const struct packet *p);
struct bpf *bpf_close(struct bpf *b);

#endif
