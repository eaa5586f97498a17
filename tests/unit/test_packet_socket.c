/* SPDX-License-Identifier: BSD-2-Clause */
/* The counters of interfaces, however many there are. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/packet_socket.h"

#define MANY 1500

/* What /proc/net/dev says of many interfaces: number i lost i frames for want of room and 1 in its
 * own queue. */
static int counters(unsigned n)
{
	char path[] = "/tmp/strata-counters-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w+");

	ck_assert_ptr_nonnull(f);
	unlink(path);
	fputs("Inter-|   Receive                                                |  Transmit\n"
	      " face |bytes    packets errs drop fifo frame compressed multicast|bytes\n",
	      f);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%6s%u: %u 3 9 %u 1 9 9 9 %u 9 9 9 9 9 9 9\n", "veth", i, i * 1000003, i,
			i);
	fflush(f);
	return fd;
}

START_TEST(many)
{
	int fd = counters(MANY);
	uint64_t lost = 77;

	ck_assert(interface_lost(fd, "veth0", &lost));
	ck_assert_uint_eq(lost, 1);
	ck_assert(interface_lost(fd, "veth149", &lost)); /* veth1490 is another one */
	ck_assert_uint_eq(lost, 150);
	ck_assert(interface_lost(fd, "veth1499", &lost));
	ck_assert_uint_eq(lost, 1500);
	ck_assert(interface_lost(fd, NULL, &lost));
	ck_assert_uint_eq(lost, MANY * (MANY - 1) / 2 + MANY);
	lost = 77;
	ck_assert(!interface_lost(fd, "veth", &lost));
	ck_assert(!interface_lost(fd, "veth1500", &lost));
	ck_assert_uint_eq(lost, 77);
}
END_TEST

/* Nothing is known where nothing can be read. */
START_TEST(none)
{
	uint64_t lost = 77;
	int fd = counters(0);

	ck_assert(!interface_lost(fd, NULL, &lost));
	ck_assert(!interface_lost(-1, NULL, &lost));
	ck_assert_uint_eq(lost, 77);
	/* Those of this machine, whoever it is. */
	fd = interface_counters();
	ck_assert(fd < 0 || interface_lost(fd, "lo", &lost));
}
END_TEST

UNIT_TESTS(packet_socket)
{
	tcase_add_test(t, many);
	tcase_add_test(t, none);
}
