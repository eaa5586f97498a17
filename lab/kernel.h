/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own names of interfaces and settings; the one file of lab/ that has them. */
#ifndef STRATA_LAB_KERNEL_H
#define STRATA_LAB_KERNEL_H

/* The interfaces of a host, a number behind it. */
#define KERNEL_PORT "eth"

#endif
