/* SPDX-License-Identifier: BSD-2-Clause */
/* The vocabulary of pcap-filter(7), which libpcap knows but does not tell. Internal to capture/. */
#ifndef STRATA_CAPTURE_FILTER_WORDS_H
#define STRATA_CAPTURE_FILTER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

bool filter_knows(const char *word, size_t n);
/* After such a word one of any spelling may stand (a service, a protocol): it names no host. */
bool filter_takes_word(const char *word, size_t n);
const char *filter_near(const char *word, size_t n);
/* What may follow an unfinished filter to make it whole; NULL at the end. */
extern const char *const filter_more[];

#endif
