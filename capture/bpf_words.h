/* SPDX-License-Identifier: BSD-2-Clause */
/* The vocabulary of pcap-filter(7), which libpcap knows but does not tell. Internal to capture/. */
#ifndef STRATA_CAPTURE_BPF_WORDS_H
#define STRATA_CAPTURE_BPF_WORDS_H

#include <stdbool.h>
#include <stddef.h>

bool bpf_knows(const char *word, size_t n);
/* After such a word one of any spelling may stand (a service, a protocol): it names no host. */
bool bpf_takes_word(const char *word, size_t n);
const char *bpf_near(const char *word, size_t n);
/* What may follow an unfinished filter to make it whole; NULL at the end. */
extern const char *const bpf_more[];

#endif
