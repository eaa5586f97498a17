/* SPDX-License-Identifier: BSD-2-Clause */
/* A number that a signal handler counts up, and that any thread looks at. */
#ifndef STRATA_CORE_STOP_H
#define STRATA_CORE_STOP_H

#include <stddef.h>

/* How often it was asked to stop; NULL: never. */
static inline int stop_asked(const volatile int *stop)
{
	return stop ? __atomic_load_n(stop, __ATOMIC_RELAXED) : 0;
}

/* In the handler. */
static inline void stop_ask(volatile int *stop)
{
	__atomic_add_fetch(stop, 1, __ATOMIC_RELAXED);
}

#endif
