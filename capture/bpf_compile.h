/* SPDX-License-Identifier: BSD-2-Clause */
/* pcap_compile with a place in its errors. Internal to capture/. */
#ifndef STRATA_CAPTURE_BPF_COMPILE_H
#define STRATA_CAPTURE_BPF_COMPILE_H

#include <pcap.h>
#include <stdbool.h>

#include "core/err.h"

/* Compile text for packets of link type `link` (LINKTYPE_). -1: e with a place in text. */
int bpf_compile(struct bpf_program *prog, unsigned link, const char *text, bool resolve,
		struct err *e);
/* The same on an open device (its filter may use what only the kernel knows). */
int bpf_compile_on(pcap_t *on, struct bpf_program *prog, const char *text, bool resolve,
		   struct err *e);

#endif
