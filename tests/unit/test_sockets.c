/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: the kernel's answers as they were recorded, cut and bent; lines of /proc; what changed
 * between two looks; whose they are. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sockets/read.h"

/* Answers of Linux 6.18: a connection of 127.0.0.1:40158 to port 8080, five bytes acknowledged; a
 * datagram socket on [::]:5353; a packet socket of EtherType 0x800 on interface 1; and the refusal
 * of raw sockets. Each with the end of an answer. */
static const char stream[] =
	"c00100001400020007000000276b0000020100009cde1f907f0000010000000000000000000000007f000001"
	"00000000000000000000000000000000361400000000000000000000000000000000000000000000a2340101"
	"050008000000000008000f00000000000c001500010000000000000006001600520000002800070000000000"
	"0000020000000000001e3c0000000000000000000000000000000000000000001c010200010000000007aa01"
	"e01c030000000000008000001802000000000000000000000000000000000000000000001000000000000000"
	"1000000010000000ffff0000d7ff0000160000000c000000ffffff7f0b000000cbff00000300000000000000"
	"d7ff0000000000004b1acf1309000000ffffffffffffffff0600000000000000000000000000000003000000"
	"0200000000000000080000000000000001000000000024f40000000000000000000000000000000000000000"
	"0000000000000000020000000000000005000000000000000000000000000000000000000000000000000000"
	"0000010000000100000000000000000000000000000000000000000000000000000000000000000000000000"
	"0000000000000000140000000300020007000000276b000000000000";
static const char datagram[] =
	"ac0000001400020007000000276b00000a07000014e900000000000000000000000000000000000000000000"
	"00000000000000000000000000000000381400000000000000000000000000000000000000000000a4340101"
	"050008000000000005000b000000000008000f00000000000c00150001000000000000000600160010000000"
	"2800070000000000004003000000000000400300000000000000000000000000000000000000000014000000"
	"0300020007000000276b000000000000";
static const char packet[] =
	"6c0000001400020007000000276b000011030008a534010139140000000000001c0000000100000000000000"
	"0000000000000000000000000100000008000500000000002800060000000000004003000000000000400300"
	"0000000000000000000000000000000000000000140000000300020007000000276b000000000000";
static const char refused[] = "140000000300020007000000276b0000feffffff";

static _Alignas(8) uint8_t bytes[2048];

static size_t unhex(const char *s)
{
	size_t n = strlen(s) / 2;

	ck_assert_uint_le(n, sizeof(bytes));
	for (size_t i = 0; i < n; i++) {
		unsigned v;

		ck_assert_int_eq(sscanf(s + 2 * i, "%2x", &v), 1);
		bytes[i] = (uint8_t)v;
	}
	return n;
}

static int take(const char *hex, enum socket_kind kind, struct socket_list *l)
{
	size_t n = unhex(hex);

	*l = (struct socket_list) { 0 };
	return read_messages(bytes, n, 7, 0, kind, false, l);
}

START_TEST(answers)
{
	struct socket_list l;
	const uint8_t local[4] = { 127, 0, 0, 1 };

	ck_assert_int_eq(take(stream, SOCKET_STREAM, &l), 0);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_uint_eq(l.odd, 0);
	ck_assert_uint_eq(l.v->kind, SOCKET_STREAM);
	ck_assert_uint_eq(l.v->state, STATE_ESTABLISHED);
	ck_assert_uint_eq(l.v->version, 4);
	ck_assert_mem_eq(l.v->local.addr, local, 4);
	ck_assert_uint_eq(l.v->local.port, 40158);
	ck_assert_uint_eq(l.v->remote.port, 8080);
	ck_assert_uint_eq(l.v->inode, 0x010134a2);
	ck_assert_uint_eq(l.v->id, 0x1436);
	ck_assert(l.v->known);
	ck_assert_uint_eq(l.v->rtt, 22);
	ck_assert_uint_eq(l.v->rttvar, 12);
	ck_assert_uint_eq(l.v->sent, 6); /* and the opening */
	ck_assert_uint_eq(l.v->retransmits, 0);
	socket_list_done(&l);
	ck_assert_int_eq(take(datagram, SOCKET_DATAGRAM, &l), 0);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_uint_eq(l.v->kind, SOCKET_DATAGRAM);
	ck_assert_uint_eq(l.v->version, 6);
	ck_assert_uint_eq(l.v->local.port, 5353);
	ck_assert(l.v->dual);
	ck_assert(!l.v->known);
	socket_list_done(&l);
	ck_assert_int_eq(take(packet, SOCKET_PACKET, &l), 0);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_uint_eq(l.v->kind, SOCKET_PACKET);
	ck_assert_uint_eq(l.v->version, 0);
	ck_assert_uint_eq(l.v->protocol, 0x800);
	ck_assert_uint_eq(l.v->ifindex, 1);
	ck_assert_uint_eq(l.v->inode, 0x010134a5);
	socket_list_done(&l);
	ck_assert_int_eq(take(refused, SOCKET_RAW, &l), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_uint_eq(l.n, 0);
}
END_TEST

/* The same from its own piece of memory, so that a sanitizer sees a byte too far. */
static void bend(const uint8_t *p, size_t n, enum socket_kind kind)
{
	struct socket_list l = { 0 };
	uint8_t *copy = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, p, n);
	read_messages(copy, n, 0, 0, kind, true, &l);
	ck_assert_uint_le(l.n, n / 16 + 1);
	socket_list_done(&l);
	free(copy);
}

START_TEST(answers_cut_and_bent)
{
	static const char *const all[] = { stream, datagram, packet, refused };
	struct socket_list l;

	for (unsigned k = 0; k < 4; k++) {
		size_t n = unhex(all[k]);

		for (size_t cut = 0; cut <= n; cut++)
			for (unsigned kind = 0; kind < SOCKET_KINDS; kind++)
				bend(bytes, cut, (enum socket_kind)kind);
		for (size_t at = 0; at < n; at++) {
			static const uint8_t other[] = { 0, 1, 3, 4, 0x7f, 0x80, 0xff };

			for (unsigned i = 0; i < sizeof(other); i++) {
				uint8_t was = bytes[at];

				bytes[at] = other[i];
				bend(bytes, n, k == 2 ? SOCKET_PACKET : SOCKET_STREAM);
				bytes[at] = was;
			}
		}
	}
	/* Half a message is told, and so is one that is too short for what it says it is. */
	l = (struct socket_list) { 0 };
	unhex(stream);
	ck_assert_int_eq(read_messages(bytes, 100, 7, 0, SOCKET_STREAM, false, &l), 1);
	ck_assert_uint_eq(l.odd, 1);
	ck_assert_uint_eq(l.n, 0);
	bytes[0] = 40;
	bytes[1] = 0;
	ck_assert_int_eq(read_messages(bytes, 40, 7, 0, SOCKET_STREAM, false, &l), 1);
	ck_assert_uint_eq(l.odd, 2);
	ck_assert_uint_eq(l.n, 0);
	/* Of another family than those that were asked for. */
	unhex(datagram);
	bytes[16] = 99;
	ck_assert_int_eq(read_messages(bytes, 172, 7, 0, SOCKET_STREAM, false, &l), 1);
	ck_assert_uint_eq(l.odd, 3);
	socket_list_done(&l);
}
END_TEST

START_TEST(lines)
{
	struct socket_list l = { 0 };
	struct in6_addr six;

	ck_assert(!read_line("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when",
			     SOCKET_RAW, 4, &l));
	ck_assert(read_line(" 201: 0100007F:0001 00000000:0000 07 00000000:00000240 00:00000000 "
			    "00000000  1000        0 16852611 2 000000009590c946 7\n",
			    SOCKET_RAW, 4, &l));
	ck_assert_uint_eq(l.v[0].protocol, 1);
	ck_assert_uint_eq(l.v[0].state, STATE_UNCONNECTED);
	ck_assert_uint_eq(l.v[0].in, 0x240);
	ck_assert_uint_eq(l.v[0].uid, 1000);
	ck_assert_uint_eq(l.v[0].inode, 16852611);
	ck_assert_uint_eq(l.v[0].id, 16852611);
	ck_assert_uint_eq(l.v[0].drops, 7);
	ck_assert_mem_eq(l.v[0].local.addr, "\x7f\0\0\x01", 4);
	ck_assert(
		read_line("  58: B80D0120000000000000000001000000:003A "
			  "00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 "
			  "00000000     0        0 5 2 0000000000000000 0\n",
			  SOCKET_RAW, 6, &l));
	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::1", &six), 1);
	ck_assert_mem_eq(l.v[1].local.addr, &six, 16);
	ck_assert_uint_eq(l.v[1].protocol, 58);
	ck_assert(read_line("000000008d1cc169 3      3    0800   2     1 64     33     168526\n",
			    SOCKET_PACKET, 4, &l));
	ck_assert_uint_eq(l.v[2].version, 0);
	ck_assert_uint_eq(l.v[2].protocol, 0x800);
	ck_assert_uint_eq(l.v[2].ifindex, 2);
	ck_assert_uint_eq(l.v[2].in, 64);
	ck_assert_uint_eq(l.v[2].uid, 33);
	ck_assert_uint_eq(l.v[2].inode, 168526);
	/* Without an inode two connections are two all the same. */
	for (char port = '1'; port <= '2'; port++) {
		char line[200];

		snprintf(line, sizeof(line),
			 "   1: 0100007F:1F90 0100007F:000%c 06 00000000:00000000 00:00000000 "
			 "00000000     0        0 0 1 0 20\n",
			 port);
		ck_assert(read_line(line, SOCKET_STREAM, 4, &l));
	}
	ck_assert_uint_ne(l.v[3].id, l.v[4].id);
	ck_assert_uint_ne(l.v[3].id, 0);
	/* Too short an address, cut lines. */
	ck_assert(!read_line(" 1: 0100:0001 00000000:0000 07 0:0 00:0 0 0 0 5 2 0 7", SOCKET_RAW, 4,
			     &l));
	ck_assert(!read_line(" 1: 0100007F:0001 00000000:0000 07", SOCKET_RAW, 4, &l));
	ck_assert(!read_line("", SOCKET_PACKET, 0, &l));
	ck_assert_uint_eq(l.n, 5);
	socket_list_done(&l);
}
END_TEST

/* ---- changes ---- */

#define MS 1000000ll

struct seen {
	struct socket_change c[16];
	struct socket_info info[16];
	unsigned n;
};

static int see(void *arg, const struct socket_change *c)
{
	struct seen *s = arg;

	ck_assert_uint_lt(s->n, 16);
	s->info[s->n] = *c->now;
	s->c[s->n++] = *c;
	return 0;
}

static struct socket_info *put(struct socket_list *l, uint64_t id, enum socket_state state)
{
	struct socket_info s = {
		.id = id, .kind = SOCKET_STREAM, .version = 4, .state = (uint8_t)state
	};

	socket_list_add(l, &s);
	return &l->v[l->n - 1];
}

/* What one look makes of the list, which is emptied. */
static unsigned look(struct socket_table *t, struct socket_list *l, int64_t when, struct seen *s)
{
	s->n = 0;
	socket_list_sort(l);
	ck_assert_int_eq(sockets_changes(t, l, when, see, s), 0);
	l->n = 0;
	return s->n;
}

START_TEST(changes)
{
	struct socket_table *t = socket_table_open(NULL);
	struct socket_list l = { 0 };
	struct seen s;

	put(&l, 9, STATE_LISTEN);
	put(&l, 5, STATE_SYN_SENT);
	ck_assert_uint_eq(look(t, &l, 0, &s), 2);
	ck_assert_uint_eq(s.c[0].what, SOCKET_LISTED);
	ck_assert_uint_eq(s.info[0].id, 5);
	/* Nothing else: nothing told. */
	put(&l, 5, STATE_SYN_SENT);
	put(&l, 9, STATE_LISTEN);
	ck_assert_uint_eq(look(t, &l, 50 * MS, &s), 0);
	/* One gets further, one is new, one is gone. */
	put(&l, 5, STATE_ESTABLISHED)->retransmits = 2;
	put(&l, 7, STATE_SYN_RECV);
	ck_assert_uint_eq(look(t, &l, 100 * MS, &s), 3);
	ck_assert_uint_eq(s.c[0].what, SOCKET_STATE | SOCKET_RETRANS);
	ck_assert_uint_eq(s.c[0].was.state, STATE_SYN_SENT);
	ck_assert_uint_eq(s.c[1].what, SOCKET_OPENED);
	ck_assert_uint_eq(s.c[2].what, SOCKET_CLOSED);
	ck_assert_uint_eq(s.info[2].state, STATE_LISTEN);
	/* An event of one that was told to be closed, and of one whose end is still waited out. */
	put(&l, 5, STATE_TIME_WAIT);
	put(&l, 5, STATE_UNCONNECTED)->gone = true;
	put(&l, 9, STATE_UNCONNECTED)->gone = true;
	put(&l, 7, STATE_SYN_RECV)->remote.port = 4;
	ck_assert_uint_eq(look(t, &l, 150 * MS, &s), 2);
	ck_assert_uint_eq(s.c[0].what, SOCKET_STATE);
	ck_assert_uint_eq(s.info[0].state, STATE_TIME_WAIT);
	ck_assert_uint_eq(s.c[1].what, SOCKET_ENDS);
	/* One that no look has seen; one whose last numbers come with its event. */
	put(&l, 30, STATE_UNCONNECTED)->gone = true;
	put(&l, 7, STATE_UNCONNECTED)->gone = true;
	l.v[1].sent = 77;
	l.v[1].retransmits = 3;
	ck_assert_uint_eq(look(t, &l, 200 * MS, &s), 3);
	ck_assert_uint_eq(s.c[0].what, SOCKET_CLOSED);
	ck_assert_uint_eq(s.c[1].what, SOCKET_CLOSED | SOCKET_RETRANS);
	ck_assert_uint_eq(s.info[1].sent, 77);
	ck_assert_uint_eq(s.info[1].state, STATE_SYN_RECV);
	ck_assert_uint_eq(s.c[2].what, SOCKET_OPENED | SOCKET_CLOSED);
	/* The same event again, and after a second the socket itself: that is told. */
	put(&l, 30, STATE_UNCONNECTED)->gone = true;
	ck_assert_uint_eq(look(t, &l, 250 * MS, &s), 0);
	ck_assert_uint_eq(look(t, &l, 2000 * MS, &s), 0);
	put(&l, 30, STATE_ESTABLISHED);
	put(&l, 30, STATE_ESTABLISHED);
	ck_assert_uint_eq(look(t, &l, 2050 * MS, &s), 1);
	ck_assert_uint_eq(s.c[0].what, SOCKET_OPENED);
	socket_list_done(&l);
	socket_table_close(t);
}
END_TEST

START_TEST(queues)
{
	static const struct {
		int64_t ms;
		uint32_t in, out;
		unsigned what;
	} looks[] = {
		{ 50, 100, 0, SOCKET_QUEUE },
		{ 100, 5000, 0, SOCKET_QUEUE | SOCKET_GREW },
		{ 150, 9999, 0, SOCKET_QUEUE },
		{ 200, 10000, 0, SOCKET_QUEUE | SOCKET_GREW },
		{ 250, 10000, 4096, SOCKET_QUEUE | SOCKET_GREW },
		{ 300, 10000, 0, SOCKET_QUEUE | SOCKET_GREW },
		{ 5000, 10000, 0, 0 },
		{ 5050, 10001, 0, SOCKET_QUEUE | SOCKET_STUCK }, /* 5 s after the first byte */
		{ 9000, 10001, 0, 0 },
		{ 9100, 10000, 0, SOCKET_QUEUE }, /* something was taken */
		{ 14099, 10000, 0, 0 },
		{ 14100, 10000, 0, SOCKET_STUCK },
		{ 14150, 0, 0, SOCKET_QUEUE | SOCKET_GREW },
		{ 30000, 0, 0, 0 },
	};
	struct socket_table *t = socket_table_open(NULL);
	struct socket_list l = { 0 };
	struct seen s;

	put(&l, 5, STATE_ESTABLISHED);
	ck_assert_uint_eq(look(t, &l, 0, &s), 1);
	for (int i = 0; i < COUNT(looks); i++) {
		struct socket_info *now = put(&l, 5, STATE_ESTABLISHED);

		now->in = looks[i].in;
		now->out = looks[i].out;
		look(t, &l, looks[i].ms * MS, &s);
		ck_assert_msg(s.n == (looks[i].what != 0), "look %d: %u changes", i, s.n);
		if (s.n)
			ck_assert_msg(s.c[0].what == looks[i].what, "look %d: %x", i, s.c[0].what);
	}
	/* Connections that wait are few and weigh more; how many may wait is no queue. */
	put(&l, 6, STATE_LISTEN)->out = 100000;
	ck_assert_uint_eq(look(t, &l, 40000 * MS, &s), 2);
	put(&l, 6, STATE_LISTEN)->out = 100000;
	l.v[0].in = 8;
	ck_assert_uint_eq(look(t, &l, 40050 * MS, &s), 1);
	ck_assert_uint_eq(s.c[0].what, SOCKET_QUEUE | SOCKET_GREW);
	socket_list_done(&l);
	socket_table_close(t);
}
END_TEST

/* A look that had no room for all: what it has not is not closed; what an event tells is. */
START_TEST(cut)
{
	struct socket_table *t = socket_table_open(NULL);
	struct socket_list l = { 0 };
	struct seen s;

	put(&l, 5, STATE_ESTABLISHED);
	put(&l, 6, STATE_ESTABLISHED);
	put(&l, 7, STATE_ESTABLISHED);
	ck_assert_uint_eq(look(t, &l, 0, &s), 3);
	put(&l, 5, STATE_ESTABLISHED);
	put(&l, 6, STATE_ESTABLISHED)->gone = true;
	l.cut = true;
	ck_assert_uint_eq(look(t, &l, 50 * MS, &s), 1);
	ck_assert_uint_eq(s.info[0].id, 6);
	ck_assert_uint_eq(s.c[0].what, SOCKET_CLOSED);
	put(&l, 5, STATE_ESTABLISHED);
	put(&l, 7, STATE_CLOSE_WAIT);
	ck_assert_uint_eq(look(t, &l, 100 * MS, &s), 1);
	ck_assert_uint_eq(s.c[0].what, SOCKET_STATE);
	/* The next one has room: what is missing there is closed. */
	l.cut = false;
	put(&l, 5, STATE_ESTABLISHED);
	ck_assert_uint_eq(look(t, &l, 150 * MS, &s), 1);
	ck_assert_uint_eq(s.info[0].id, 7);
	ck_assert_uint_eq(s.c[0].what, SOCKET_CLOSED);
	socket_list_done(&l);
	socket_table_close(t);
}
END_TEST

static int count(void *arg, const struct socket_change *c)
{
	uint64_t *n = arg;

	n[0] += (c->what & SOCKET_OPENED) != 0;
	n[1] += (c->what & SOCKET_CLOSED) != 0;
	return 0;
}

/* As many sockets as there is room for, others in each look, for two seconds: each is told to be
 * opened and closed once, and the memory stays. */
START_TEST(bounded_memory)
{
	struct socket_table *t = socket_table_open(NULL);
	struct socket_list l = { 0 };
	uint64_t n[2] = { 0 }, id = 1;
	size_t most = 0;

	for (int k = 0; k < 40; k++) {
		struct mallinfo2 m;

		l.n = 0;
		for (unsigned i = 0; i < SOCKETS_MOST; i++)
			put(&l, id++, STATE_ESTABLISHED);
		ck_assert_int_eq(sockets_changes(t, &l, k * 50 * MS, count, n), 0);
		m = mallinfo2();
		most = m.uordblks + m.hblkhd > most ? m.uordblks + m.hblkhd : most;
	}
	ck_assert_uint_eq(n[0], 39ull * SOCKETS_MOST);
	ck_assert_uint_eq(n[1], 39ull * SOCKETS_MOST);
	/* Under a sanitizer it is 0. */
	ck_assert_uint_lt(most, 160u << 20);
	socket_list_done(&l);
	socket_table_close(t);
}
END_TEST

START_TEST(bounded)
{
	struct socket_list l = { 0 };
	struct socket_info s = { 0 };

	for (s.id = 1; s.id <= SOCKETS_MOST + 5; s.id++)
		socket_list_add(&l, &s);
	ck_assert_uint_eq(l.n, SOCKETS_MOST);
	ck_assert_uint_eq(l.left, 5);
	socket_list_done(&l);
}
END_TEST

/* ---- of this process ---- */

START_TEST(own)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t len = sizeof(any);
	struct err e = { 0 };
	struct owners *o = owners_open(&e);
	struct sockets *s = sockets_open(true, &e);
	struct socket_table *t = socket_table_open(o);
	struct socket_list l = { 0 };
	struct socket_owner owner;
	const struct socket_info *found = NULL;
	struct stat st;

	ck_assert_ptr_nonnull(s);
	ck_assert_int_ge(fd, 0);
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&any, &len), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_msg(sockets_dump(s, &l, &e) == 0, "%s", e.msg);
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].inode == st.st_ino)
			found = &l.v[i];
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(found->kind, SOCKET_DATAGRAM);
	ck_assert_uint_eq(found->local.port, ntohs(any.sin_port));
	ck_assert_uint_eq(found->uid, getuid());
	for (size_t i = 1; i < l.n; i++)
		ck_assert_uint_ge(l.v[i].id, l.v[i - 1].id);
	ck_assert_int_eq(owners_scan(o), 0);
	ck_assert(owners_of(o, (uint32_t)st.st_ino, &owner));
	ck_assert_int_eq(owner.pid, getpid());
	ck_assert_int_eq(strncmp(owner.name, "unit_sockets", 12), 0);
	ck_assert(!owners_of(o, 0, &owner));
	close(fd);
	socket_table_close(t);
	owners_close(o);
	sockets_close(s);
	socket_list_done(&l);
}
END_TEST

UNIT_TESTS(sockets)
{
	tcase_add_test(t, answers);
	tcase_add_test(t, answers_cut_and_bent);
	tcase_add_test(t, lines);
	tcase_add_test(t, changes);
	tcase_add_test(t, queues);
	tcase_add_test(t, cut);
	tcase_add_test(t, bounded);
	tcase_add_test(t, bounded_memory);
	tcase_add_test(t, own);
}
