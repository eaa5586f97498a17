/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a message of a stream ends, however it comes; a message as a packet and back; clients over
 * the loopback whose answers are bounded. */
#include "tests/unit/dissect_help.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include "play/question.h"

static const char ruled[] =
	"protocol wired { over tcp.port 9200, udp.port 9200; reply kind == 2 to kind == 1 same id\n"
	"  message length 2 + len; len : u16 = len(kind..rest); kind : u8 = 1; id : u8\n"
	"  rest : bytes[..] }\n"
	"protocol ended { over tcp.port 9201; message rest; rest : bytes[..] }\n"
	"protocol odd { over tcp.port 9202; message length len - 4; len : u8; rest : bytes[..] }\n"
	"protocol free { over tcp.port 9203; a : u8 }\n";

static struct registry *reg;

static const struct proto *named(const char *name)
{
	return registry_find(reg, name, strlen(name));
}

static const struct row {
	const char *proto, *hex;
	uint32_t n; /* bytes there; the hex is repeated */
	bool over, quiet;
	int64_t want;
	uint32_t need;
} rows[] = {
	{ "wired", "", 0, false, false, 0, 0 },
	{ "wired", "00", 1, false, false, 0, 1 },
	{ "wired", "00020109", 4, false, false, 4, 0 },
	{ "wired", "0002010900", 5, false, false, 4, 0 },
	{ "wired", "000301", 3, false, false, 0, 5 },
	{ "wired", "000301", 3, true, true, 0, 5 },
	{ "wired", "fde6", 2, false, false, 0, 65000 },
	{ "wired", "fde7", 2, false, false, FRAME_LONG, 0 },
	{ "ended", "00", 9, false, false, 0, 10 },
	{ "ended", "00", 9, false, true, 0, 0 },
	{ "ended", "00", 9, true, false, 9, 0 },
	{ "ended", "00", 65000, false, false, FRAME_LONG, 0 },
	{ "odd", "04", 1, false, false, FRAME_NONSENSE, 0 },
	{ "odd", "00", 1, false, false, FRAME_NONSENSE, 0 },
	{ "odd", "05", 1, false, false, 1, 0 },
	{ "free", "00", 9, false, false, 0, 0 },
	{ "free", "00", 9, false, true, 9, 0 },
	{ "free", "00", 9, true, false, 9, 0 },
	{ "free", "00", 65000, false, false, 65000, 0 },
	{ NULL, "00", 3, false, true, 3, 0 },
};

START_TEST(ends)
{
	const struct row *r = &rows[_i];
	uint8_t *p = calloc(1, r->n + 1);
	struct tree scratch = { 0 };
	uint32_t need = 99, k = (uint32_t)strlen(r->hex) / 2;
	unsigned v;

	for (uint32_t i = 0; i < r->n; i++) {
		ck_assert_int_eq(sscanf(r->hex + i % k * 2, "%2x", &v), 1);
		p[i] = (uint8_t)v;
	}
	ck_assert_int_eq(server_frame(r->proto ? named(r->proto) : NULL, p, r->n, r->over, r->quiet,
				      &need, &scratch),
			 r->want);
	if (r->want == 0)
		ck_assert_uint_eq(need, r->need);
	tree_done(&scratch);
	free(p);
}
END_TEST

static const char *const headers[2][2] = {
	{ "ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=1 dport=1 seq=1 ack=1 flags=PA / hex:00",
	  "ip6 src=::1 dst=::1 / tcp sport=1 dport=1 seq=1 ack=1 flags=PA / hex:00" },
	{ "ip src=10.0.0.1 dst=10.0.0.2 / udp sport=1 dport=1 / hex:00",
	  "ip6 src=::1 dst=::1 / udp sport=1 dport=1 / hex:00" },
};

static struct server_message asked(const char *src, const char *dst, bool six, const void *p,
				   uint32_t n)
{
	struct server_message m = { .sport = 4000, .dport = 9200, .p = p, .n = n, .when = 5 };
	uint8_t b[16];

	inet_pton(six ? AF_INET6 : AF_INET, src, b);
	addr_set(&m.src, b, six ? 16 : 4);
	inet_pton(six ? AF_INET6 : AF_INET, dst, b);
	addr_set(&m.dst, b, six ? 16 : 4);
	return m;
}

START_TEST(as_packet)
{
	static const uint8_t bytes[] = { 0, 3, 1, 9, 'x' }, shorter[] = { 0, 2, 1, 9 };
	bool datagram = _i & 1, six = _i & 2;
	struct err e = { 0 };
	struct question *q = question_open(reg, headers[datagram], &e);
	struct server_message m = six ? asked("fd00::1", "fd00::2", true, bytes, 5)
				      : asked("192.0.2.1", "192.0.2.2", false, bytes, 5);
	const struct packet *p;
	const uint8_t *back;
	uint32_t n;

	ck_assert_msg(q != NULL, "%s", e.msg);
	m.at = 0x1fffffffe; /* four GiB later the numbers begin again */
	for (unsigned i = 0; i < 2; i++) {
		p = question_packet(q, &m, &e);
		ck_assert_msg(p != NULL, "%s", e.msg);
		ck_assert_uint_eq(p->nlayers, 3);
		ck_assert_ptr_eq(p->layers[2].proto, named("wired"));
		ck_assert_uint_eq(p->layers[2].hlen, m.n);
		ck_assert(!question_bad(q, p));
		if (!datagram)
			ck_assert_uint_eq(p->data[(six ? 40 : 20) + 7], 0xff);
		/* What would go to who is asked itself does not go to who asks. */
		ck_assert_int_eq(question_answer(&m, p, &back, &n, &e), 1);
		m.p = shorter;
		m.n = 4;
	}
	/* Of an answer to them, what is inside. */
	m.sport = 9200;
	m.src = m.dst;
	ck_assert_int_eq(question_answer(&m, p, &back, &n, &e), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_mem_eq(back, shorter, 4);
	question_close(q);
}
END_TEST

START_TEST(bad_ones)
{
	static const uint8_t bytes[] = { 0, 9, 1, 9, 'x' };
	struct err e = { 0 };
	struct question *q = question_open(reg, headers[0], &e);
	struct server_message m = asked("192.0.2.1", "192.0.2.2", false, bytes, 5);

	ck_assert(question_bad(q, question_packet(q, &m, &e)));
	m.n = 1;
	ck_assert(question_bad(q, question_packet(q, &m, &e)));
	question_close(q);
}
END_TEST

struct echo {
	struct server *s;
	unsigned messages, closed[SERVER_EVENTS];
};

static int echo(void *ctx, const struct server_message *m, struct err *e)
{
	struct echo *x = ctx;
	static uint8_t big[60000];

	x->messages++;
	ck_assert_int_eq(server_answer(x->s, m->n == 3 ? big : m->p, m->n == 3 ? 60000 : m->n, e),
			 0);
	return 0;
}

static void closed(void *ctx, enum server_event event, const struct addr *who, uint16_t port)
{
	struct echo *x = ctx;

	ck_assert(who->family == AF_INET && port);
	x->closed[event]++;
}

static int client(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void steps(struct echo *x, int n)
{
	struct err e = { 0 };

	for (int i = 0; i < n; i++)
		ck_assert_msg(!server_step(x->s, 5, &e), "%s", e.msg);
}

/* Who asks for ever and reads nothing is heard no more when its answers wait. */
START_TEST(bounded)
{
	struct echo x = { 0 };
	struct server_opts o = { .message = echo, .closed = closed, .ctx = &x };
	struct err e = { 0 };
	struct addr lo = { .family = AF_INET, .b = { 127, 0, 0, 1 } };
	static const uint8_t ask[] = { 0, 1, 1 };
	uint16_t port = 0;
	unsigned before;
	int fd;

	x.s = server_open(&o, &e);
	ck_assert(x.s != NULL);
	for (port = 42000; port < 42100 && server_listen(x.s, &lo, port, named("wired"), &e);
	     port++)
		ck_assert_str_ne(e.msg, "");
	ck_assert_uint_lt(port, 42100);
	ck_assert_int_eq(server_listen(x.s, &lo, port, NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert(strstr(e.msg, "in use") != NULL);
	fd = client(port);
	for (int i = 0; i < 5000; i++) {
		ssize_t k = write(fd, ask, sizeof(ask));

		if (k < 3)
			break;
		if (i % 100 == 0)
			steps(&x, 1);
	}
	steps(&x, 20);
	before = x.messages;
	ck_assert_uint_lt(before, 500); /* 60,000 bytes each, into two socket buffers */
	steps(&x, 20);
	ck_assert_uint_eq(x.messages, before);
	close(fd);
	steps(&x, 5);
	ck_assert_uint_eq(x.closed[SERVER_BROKEN], 1);
	fd = client(port);
	ck_assert_int_eq(write(fd, "\0\2\1", 3), 3);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	steps(&x, 5);
	ck_assert_uint_eq(x.closed[SERVER_PART], 1);
	close(fd);
	server_close(x.s);
}
END_TEST

UNIT_TESTS(server)
{
	struct err e = { 0 };

	reg = registry_open();
	if (registry_load_builtins(reg, &e) ||
	    registry_load(reg, "ruled", ruled, sizeof(ruled) - 1, false, &e) ||
	    registry_freeze(reg, &e))
		fprintf(stderr, "%s\n", e.msg);
	tcase_add_loop_test(t, ends, 0, COUNT(rows));
	tcase_add_loop_test(t, as_packet, 0, 4);
	tcase_add_test(t, bad_ones);
	tcase_add_test(t, bounded);
}
