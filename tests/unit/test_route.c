/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes and neighbours against a kernel of our own: in a private network namespace, with a host at
 * the other end of a wire. Skipped where such a namespace is refused. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "craft/pace.h"
#include "craft/sender.h"

static struct routes *routes;
static pid_t peer;

static struct addr address(const char *s)
{
	struct addr a = { 0 };
	uint8_t b[16];

	if (inet_pton(AF_INET, s, b) == 1)
		addr_set(&a, b, 4);
	else if (inet_pton(AF_INET6, s, b) == 1)
		addr_set(&a, b, 16);
	else
		ck_abort_msg("%s is no address", s);
	return a;
}

static void setup(void)
{
	struct err e = { 0 };

	routes = routes_open(&e);
	ck_assert_msg(routes != NULL, "%s", e.msg);
}

static void teardown(void)
{
	routes_close(routes);
}

static int index_of(const char *name)
{
	struct iface dev;
	struct err e = { 0 };

	if (iface_find(routes, name, 0, &dev, &e))
		ck_abort_msg("%s", e.msg);
	return dev.index;
}

START_TEST(links)
{
	struct iface dev;
	struct err e = { 0 };

	ck_assert_int_eq(iface_find(routes, "va", 0, &dev, &e), 0);
	ck_assert_str_eq(dev.name, "va");
	ck_assert_uint_eq(dev.mtu, 1400);
	ck_assert_uint_eq(dev.link, LINK_ETHERNET);
	ck_assert_uint_eq(dev.hwtype, ARPHRD_ETHER);
	ck_assert_uint_eq(dev.mac_len, 6);
	ck_assert_mem_eq(dev.mac, "\x02\0\0\0\0\x01", 6);
	ck_assert(dev.default_route);
	ck_assert_int_eq(iface_find(routes, NULL, index_of("lo"), &dev, &e), 0);
	ck_assert_str_eq(dev.name, "lo");
	ck_assert(!dev.default_route);
	ck_assert_int_eq(iface_find(routes, "nosuch0", 0, &dev, &e), -1);
	ck_assert_str_eq(e.msg, "no interface nosuch0");
	err_clear(&e);
	ck_assert_int_eq(iface_find(routes, "a-name-that-is-much-too-long", 0, &dev, &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
}
END_TEST

static const struct {
	const char *dst;
	enum route_type type;
	const char *dev, *via, *src; /* via NULL: dst itself */
	const char *error;           /* a part of it */
} ways[] = {
	{ "10.77.0.2", ROUTE_UNICAST, "va", NULL, "10.77.0.1", NULL },
	{ "10.99.1.1", ROUTE_UNICAST, "va", "10.77.0.254", "10.77.0.1", NULL },
	{ "192.0.2.9", ROUTE_UNICAST, "va", "10.77.0.2", "10.77.0.1", NULL },
	{ "127.0.0.1", ROUTE_LOCAL, "lo", NULL, "127.0.0.1", NULL },
	{ "10.77.0.1", ROUTE_LOCAL, "lo", NULL, "10.77.0.1", NULL },
	{ "10.77.0.255", ROUTE_BROADCAST, "va", NULL, "10.77.0.1", NULL },
	{ "224.0.0.9", ROUTE_MULTICAST, "va", NULL, "10.77.0.1", NULL },
	{ "10.98.0.1", ROUTE_UNICAST, "va", "fd77::2", "10.77.0.1", NULL },
	{ "fd77::2", ROUTE_UNICAST, "va", NULL, "fd77::1", NULL },
	{ "fd99::1", ROUTE_UNICAST, "va", "fd77::2", "fd77::1", NULL },
	{ "::1", ROUTE_LOCAL, "lo", NULL, "::1", NULL },
	{ "fd77::1", ROUTE_LOCAL, "lo", NULL, "fd77::1", NULL },
	{ "10.66.0.1", 0, NULL, NULL, NULL, "blackhole" },
	{ "10.67.0.1", 0, NULL, NULL, NULL, "unreachable" },
	{ "10.68.0.1", 0, NULL, NULL, NULL, "prohibits" },
	{ "fd66::1", 0, NULL, NULL, NULL, "fd66::1" },
	{ "fe80::2", 0, NULL, NULL, NULL, "fe80::2%IF" },
};

START_TEST(way)
{
	struct addr dst = address(ways[_i].dst), via = dst, src;
	struct route r;
	struct err e = { 0 };
	int rc = route_find(routes, &dst, NULL, 0, &r, &e);

	if (ways[_i].error) {
		ck_assert_int_eq(rc, -1);
		ck_assert_msg(strstr(e.msg, ways[_i].error) != NULL, "%s", e.msg);
		return;
	}
	ck_assert_msg(rc == 0, "%s: %s", ways[_i].dst, e.msg);
	ck_assert_int_eq(r.type, ways[_i].type);
	ck_assert_str_eq(r.dev.name, ways[_i].dev);
	if (ways[_i].via)
		via = address(ways[_i].via);
	ck_assert(addr_eq(&r.via, &via));
	ck_assert_int_eq(r.gateway, ways[_i].via != NULL);
	src = address(ways[_i].src);
	ck_assert(addr_eq(&r.src, &src));
	ck_assert_uint_eq(r.mtu, r.dev.mtu);
}
END_TEST

START_TEST(link_local)
{
	struct addr dst = address("fe80::2");
	struct route r;
	struct err e = { 0 };

	dst.scope = (uint32_t)index_of("va");
	ck_assert_int_eq(route_find(routes, &dst, NULL, 0, &r, &e), 0);
	ck_assert_str_eq(r.dev.name, "va");
	ck_assert(addr_link_local(&r.src));
	dst.scope = 0;
	ck_assert_int_eq(route_find(routes, &dst, NULL, index_of("va"), &r, &e), 0);
	ck_assert_uint_eq(r.dst.scope, (uint32_t)index_of("va"));
}
END_TEST

START_TEST(foreign_source)
{
	struct addr dst = address("10.77.0.2"), src = address("8.8.8.8");
	struct route r;
	struct err e = { 0 };

	/* A source that is not ours changes nothing about the way. */
	ck_assert_int_eq(route_find(routes, &dst, &src, 0, &r, &e), 0);
	ck_assert_str_eq(r.dev.name, "va");
}
END_TEST

START_TEST(no_route)
{
	struct addr dst = address("203.0.113.1");
	struct route r;
	struct err e = { 0 };

	ck_assert_int_eq(system("ip route del default"), 0);
	ck_assert_int_eq(route_find(routes, &dst, NULL, 0, &r, &e), -1);
	ck_assert_str_eq(e.msg, "no route to 203.0.113.1");
	ck_assert_int_eq(system("ip route add default via 10.77.0.2"), 0);
}
END_TEST

START_TEST(table)
{
	struct addr a = address("10.77.0.77");
	enum neigh_state state;
	struct err e = { 0 };
	uint8_t mac[8];

	ck_assert_int_eq(neigh_look(routes, index_of("va"), &a, mac, &state, &e), 0);
	ck_assert_int_eq(state, NEIGH_NONE);
	ck_assert_int_eq(
		system("ip neigh add 10.77.0.77 lladdr 02:00:00:00:00:77 dev va nud permanent"), 0);
	ck_assert_int_eq(neigh_look(routes, index_of("va"), &a, mac, &state, &e), 0);
	ck_assert_int_eq(state, NEIGH_KNOWN);
	ck_assert_mem_eq(mac, "\x02\0\0\0\0\x77", 6);
	ck_assert_int_eq(system("ip neigh del 10.77.0.77 dev va"), 0);
}
END_TEST

/* Both families, by the kernel and by our own question; and an address that nobody has. */
static const struct {
	const char *src, *dst;
	bool own, there;
} asked[] = {
	{ "10.77.0.1", "10.77.0.2", false, true },   { "10.77.0.1", "10.77.0.2", true, true },
	{ "fd77::1", "fd77::2", false, true },       { "fd77::1", "fd77::2", true, true },
	{ "10.77.0.1", "10.77.0.99", false, false }, { "10.77.0.1", "10.77.0.99", true, false },
	{ "fd77::1", "fd77::99", true, false },
};

START_TEST(resolve)
{
	struct neigh_ask q = { .timeout = asked[_i].there ? 3000000000 : 400000000,
			       .own = asked[_i].own };
	struct registry *reg = registry_open();
	int64_t from;
	struct iface dev;
	struct err e = { 0 };
	uint8_t mac[8] = { 0 };

	if (registry_load_builtins(reg, &e) || registry_freeze(reg, &e))
		ck_abort_msg("%s", e.msg);
	ck_assert_int_eq(system("ip neigh flush dev va"), 0);
	ck_assert_int_eq(iface_find(routes, "va", 0, &dev, &e), 0);
	q.reg = reg;
	q.dev = &dev;
	q.src = address(asked[_i].src);
	q.dst = address(asked[_i].dst);
	from = clock_mono();
	if (asked[_i].there) {
		ck_assert_msg(neigh_resolve(routes, &q, mac, &e) == 0, "%s", e.msg);
		ck_assert_mem_eq(mac, "\x02\0\0\0\0\x02", 6);
	} else {
		ck_assert_int_eq(neigh_resolve(routes, &q, mac, &e), 1);
		ck_assert_msg(strstr(e.msg, "does not answer") != NULL, "%s", e.msg);
		ck_assert(strstr(e.msg, asked[_i].dst) != NULL);
		ck_assert_int_le(clock_mono() - from, 1000000000);
	}
	registry_close(reg);
}
END_TEST

/* ---- the namespace ---- */

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), rc;

	if (fd < 0)
		return -1;
	rc = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return rc;
}

static int enter(void)
{
	char map[64];
	unsigned uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -1;
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	if (put("/proc/self/setgroups", "deny") || put("/proc/self/uid_map", map))
		return -1;
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	return put("/proc/self/gid_map", map);
}

static int wire(void)
{
	char cmd[1500];
	int fds[2];
	char c;

	if (pipe(fds) || (peer = fork()) < 0)
		return -1;
	if (peer == 0) {
		c = unshare(CLONE_NEWNET) ? 'n' : 'y';
		if (write(fds[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	if (read(fds[0], &c, 1) != 1 || c != 'y')
		return -1;
	snprintf(cmd, sizeof(cmd),
		 "set -e; ip link set lo up; echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad;"
		 "ip link add va address 02:00:00:00:00:01 mtu 1400 type veth peer name vb address "
		 "02:00:00:00:00:02 mtu 1400; ip link set vb netns %d;"
		 "ip addr add 10.77.0.1/24 brd + dev va; ip addr add fd77::1/64 dev va nodad;"
		 "ip link set va up;"
		 "nsenter -n -t %d sh -c 'echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad;"
		 "ip addr add 10.77.0.2/24 dev vb; ip addr add fd77::2/64 dev vb nodad;"
		 "ip link set vb up';"
		 "ip route add default via 10.77.0.2; ip route add 10.99.0.0/16 via 10.77.0.254;"
		 "ip route add 10.98.0.0/16 via inet6 fd77::2; ip route add fd99::/16 via fd77::2;"
		 "ip route add blackhole 10.66.0.0/16; ip route add unreachable 10.67.0.0/16;"
		 "ip route add prohibit 10.68.0.0/16; ip route add multicast 224.0.0.0/4 dev va;"
		 "sleep 0.3",
		 (int)peer, (int)peer);
	return system(cmd);
}

static void tests(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, links);
	tcase_add_loop_test(t, way, 0, COUNT(ways));
	tcase_add_test(t, link_local);
	tcase_add_test(t, foreign_source);
	tcase_add_test(t, no_route);
	tcase_add_test(t, table);
	tcase_add_loop_test(t, resolve, 0, COUNT(asked));
}

int main(void)
{
	int rc;

	if (enter()) {
		printf("skipped: no private network namespace here: %s\n", strerror(errno));
		return 77;
	}
	if (wire()) {
		puts("no wire could be laid");
		if (peer > 0)
			kill(peer, SIGKILL);
		return 1;
	}
	rc = unit_run("route", tests);
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
	return rc;
}
