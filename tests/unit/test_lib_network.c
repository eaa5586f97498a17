/* SPDX-License-Identifier: BSD-2-Clause */
/* The library on the network: private, and on loopback. */
#include "tests/unit/lib_help.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the network, private and on loopback ---- */

static void put_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(path);
		close(fd);
	}
}

/* This process (each test is one) moves into a network of its own. */
static void private_network(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	unsigned uid = getuid(), gid = getgid();
	char line[60];
	int fd;

	ck_assert_int_eq(unshare(CLONE_NEWUSER | CLONE_NEWNET), 0);
	put_line("/proc/self/setgroups", "deny");
	snprintf(line, sizeof(line), "0 %u 1", uid);
	put_line("/proc/self/uid_map", line);
	snprintf(line, sizeof(line), "0 %u 1", gid);
	put_line("/proc/self/gid_map", line);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &r), 0);
	close(fd);
}

/* Answers each message of the sensor protocol with a reading, as its description says: type 2 in
 * the low half of the first byte, the same id, length and sum, the name, four bytes of value. */
static void *responder(void *arg)
{
	int fd = *(int *)arg;
	uint8_t m[256];
	struct sockaddr_in from;
	socklen_t fl = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(fd, m, sizeof(m) - 4, 0, (struct sockaddr *)&from, &fl)) >= 9) {
		uint16_t sum;

		m[0] = 0x12;
		memcpy(m + n, "\x00\x00\x53\xfc", 4); /* 21500 */
		n += 4;
		m[4] = 0;
		m[5] = (uint8_t)(n - 8);
		m[6] = m[7] = 0;
		sum = (uint16_t)~inet_sum(m, (size_t)n);
		m[6] = (uint8_t)(sum >> 8);
		m[7] = (uint8_t)sum;
		sendto(fd, m, (size_t)n, 0, (struct sockaddr *)&from, fl);
	}
	return NULL;
}

struct heard {
	unsigned answers, silent, errors;
	uint64_t value;
	char name[64];
	int64_t rtt;
};

static int hear(void *ctx, const struct strata_answer *a)
{
	struct heard *h = ctx;
	const char *name;

	if (a->event != STRATA_ANSWER) {
		h->silent++;
		ck_assert_ptr_null(a->reply);
		return 0;
	}
	h->rtt = a->rtt;
	if (a->error) {
		h->errors++;
		return 0;
	}
	h->answers++;
	name = strata_text(a->reply, "sensor.name");
	snprintf(h->name, sizeof(h->name), "%s", name ? name : "");
	strata_number(a->reply, "sensor.value", &h->value);
	ck_assert_ptr_nonnull(strata_text(a->request, "sensor.name"));
	return 0;
}

static int serve(pthread_t *t, int *fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9000) };

	*fd = socket(AF_INET, SOCK_DGRAM, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(*fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return pthread_create(t, NULL, responder, fd);
}

START_TEST(ask_own_protocol)
{
	static const char *const files[] = { STRATA_SOURCE "/examples/sensor.protocol" };
	static const int vias[] = { STRATA_VIA_AUTO, STRATA_VIA_DATAGRAM };
	struct strata *s;
	pthread_t t;
	int fd;

	private_network();
	s = strata_open(files, 1, &E);
	ck_assert_msg(s != NULL, "%s", E.message);
	ck_assert_int_eq(serve(&t, &fd), 0);
	for (size_t i = 0; i < 2; i++) {
		struct strata_ask_options o = { .via = vias[i] };
		struct heard h = { 0 };
		int64_t n = strata_ask(s, "ip dst=127.0.0.1 / sensor name=\"living room\"", &o,
				       hear, &h, &E);

		ck_assert_msg(n == 1, "%lld: %s", (long long)n, n < 0 ? E.message : "");
		ck_assert_uint_eq(h.answers, 1);
		ck_assert_uint_eq(h.value, 21500);
		ck_assert_str_eq(h.name, "living room");
		ck_assert_int_gt(h.rtt, 0);
		ck_assert_int_lt(h.rtt, 2000 * MS);
	}
	/* A sweep of five, one callback each; then nobody at that port. */
	struct heard h = { 0 };
	ck_assert_int_eq(strata_ask(s, "ip dst=127.0.0.1 / udp sport=2001-2005 / sensor", NULL,
				    hear, &h, &E),
			 5);
	ck_assert_uint_eq(h.answers, 5);
	h = (struct heard) { 0 };
	ck_assert_int_eq(
		strata_ask(s, "ip dst=127.0.0.2 / udp dport=9009 / sensor", NULL, hear, &h, &E), 1);
	ck_assert_uint_eq(h.errors, 1);
	ck_assert_uint_eq(h.answers, 0);
	/* Wrong before anything leaves. */
	ck_assert_int_eq(strata_ask(s, "ip dst=127.0.0.1 / sensr", NULL, hear, &h, &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
	struct strata_ask_options wrong = { .via = 9 };
	ck_assert_int_eq(strata_ask(s, "ip dst=127.0.0.1 / sensor", &wrong, hear, &h, &E), -1);
	shutdown(fd, SHUT_RD);
	pthread_cancel(t);
	pthread_join(t, NULL);
	close(fd);
	strata_close(s);
}
END_TEST

/* Nobody answers: the timeout of a question and the deadline of the whole are kept. */
START_TEST(ask_deadlines)
{
	static const int vias[] = { STRATA_VIA_AUTO, STRATA_VIA_DATAGRAM };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9000) };
	int fd;

	private_network();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	for (size_t i = 0; i < 2; i++) {
		struct strata_ask_options o = { .via = vias[i], .timeout = 100 * MS };
		struct heard h = { 0 };
		int64_t from = strata_now(), took;

		ck_assert_int_eq(strata_ask(S, "ip dst=127.0.0.1 / udp dport=9000 / text:x", &o,
					    hear, &h, &E),
				 0);
		took = strata_now() - from;
		ck_assert_uint_eq(h.silent, 1);
		ck_assert_int_ge(took, 100 * MS);
		ck_assert_int_lt(took, 1500 * MS);
		o.timeout = 20000 * MS;
		o.deadline = strata_in(150 * MS);
		from = strata_now();
		ck_assert_int_eq(strata_ask(S, "ip dst=127.0.0.1 / udp dport=9000 / text:x", &o,
					    hear, &h, &E),
				 0);
		took = strata_now() - from;
		ck_assert_int_ge(took, 150 * MS);
		ck_assert_int_lt(took, 1500 * MS);
	}
	close(fd);
}
END_TEST

static void *breaker(void *src)
{
	usleep(50000);
	strata_break(src);
	return NULL;
}

START_TEST(live_and_send)
{
	struct strata_live_options lo = { .immediate = true };
	struct strata_send_options wrong = { .via = STRATA_VIA_STREAM };
	struct strata_source *src;
	struct strata_sender *sd;
	struct strata_counts c;
	struct strata_info info;
	unsigned got = 0;
	int64_t from, took;
	pthread_t t;

	private_network();
	src = strata_source_live(S, "lo", "udp port 7777", &lo, &E);
	ck_assert_msg(src != NULL, "%s", E.message);
	ck_assert_int_ge(strata_fd(src), 0);
	/* A deadline is one. */
	from = strata_now();
	ck_assert_int_eq(strata_next(src, P, strata_in(80 * MS), &E), STRATA_NOTHING);
	took = strata_now() - from;
	ck_assert_int_ge(took, 80 * MS);
	ck_assert_int_lt(took, 1000 * MS);
	ck_assert_int_eq(strata_next(src, P, STRATA_AT_ONCE, &E), STRATA_NOTHING);
	sd = strata_sender_open(S, NULL, &E);
	ck_assert_msg(sd != NULL, "%s", E.message);
	ck_assert_msg(strata_send(sd, "ip dst=127.0.0.1 / udp dport=7777 / text:a,b", &E) == 1,
		      "%s", E.message);
	ck_assert_int_eq(
		strata_send(sd, "ip dst=127.0.0.1 / udp sport=1-3 dport=7777 / text:abc", &E), 3);
	craft_ok("ip src=127.0.0.1 dst=127.0.0.1 / udp dport=7777 / text:xyz");
	ck_assert_msg(strata_send_packet(sd, P, &E) == 0, "%s", E.message);
	ck_assert_uint_eq(strata_sender_sent(sd), 5);
	while (got < 5 && strata_next(src, P, strata_in(2000 * MS), &E) == STRATA_GOT) {
		strata_packet_info(P, &info);
		ck_assert(info.flags & STRATA_LIVE);
		ck_assert_str_eq(info.device, "lo");
		ck_assert_uint_eq(number("udp.dport"), 7777);
		ck_assert_int_ne(strata_layer_sum(P, 1), STRATA_SUM_BAD);
		got++;
	}
	ck_assert_uint_ge(got, 5);
	ck_assert_int_eq(strata_send(sd, "udp dport=1", &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_int_eq(strata_send(sd, "ip dst=192.0.2.1 / icmp", &E), -1);
	ck_assert_ptr_nonnull(strstr(E.message, "192.0.2.1"));
	strata_sender_close(sd);
	ck_assert_ptr_null(strata_sender_open(S, &wrong, &E));
	/* Another thread ends the waiting. */
	ck_assert_int_eq(pthread_create(&t, NULL, breaker, src), 0);
	int rc;
	while ((rc = strata_next(src, P, strata_in(5000 * MS), &E)) == STRATA_GOT)
		;
	ck_assert_int_eq(rc, STRATA_END);
	pthread_join(t, NULL);
	strata_source_counts(src, &c);
	ck_assert(c.known);
	ck_assert_uint_eq(c.dropped, 0);
	strata_source_close(src);
}
END_TEST

START_TEST(live_not_permitted)
{
	/* In a user namespace of our own, but the network that we came from: no rights there. */
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	ck_assert_ptr_null(strata_source_live(S, "lo", NULL, NULL, &E));
	ck_assert_int_eq(E.code, STRATA_PERMISSION);
	ck_assert_ptr_nonnull(strstr(E.message, "CAP_NET_RAW"));
}
END_TEST

static void tests(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ask_own_protocol);
	tcase_add_test(t, ask_deadlines);
	tcase_add_test(t, live_and_send);
	tcase_add_test(t, live_not_permitted);
}

/* May a process here have a user and a network namespace? A child tries. */
static bool networks_allowed(void)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) ? 1 : 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	if (!networks_allowed()) {
		puts("skipped: no private namespaces here");
		return 77;
	}
	/* The tests move their process elsewhere: each must have its own. */
	setenv("CK_FORK", "yes", 1);
	return unit_run("lib_network", tests);
}
