/* SPDX-License-Identifier: BSD-2-Clause */
/* A topology becomes network namespaces, cables, addresses and routes: the work of a lab's first
 * process, once it is in namespaces of its own. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lab/impl.h"
#include "lab/kernel.h"
#include "lab/links.h"

/* A setting that this kernel has not is as if it were right. */
static void set(const struct setting *s, size_t n)
{
	char path[160];

	for (size_t i = 0; i < n; i++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/sys/net/%s", s[i].path);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		(void)!write(fd, s[i].value, strlen(s[i].value));
		close(fd);
	}
}
#define SET(v) set(v, sizeof(v) / sizeof((v)[0]))

static void settings(enum lab_kind kind)
{
	static const struct setting all[] = SETTINGS_ALL, router[] = SETTINGS_ROUTER,
				    mute[] = SETTINGS_MUTE;

	SET(all);
	if (kind == LAB_ROUTER)
		SET(router);
	if (kind == LAB_SWITCH)
		SET(mute);
}

static int failed(struct err *e, const char *what)
{
	if (errno == EPERM || errno == EACCES)
		return space_refused("/proc/sys", errno, e);
	return err_set(e, ERR_IO, "cannot %s: %s", what, strerror(errno));
}

/* A namespace of this process under a name in the room, too: for who is inside. */
static int keep(const char *kind, const char *name, struct err *e)
{
	char from[64], to[128];
	int fd;

	snprintf(from, sizeof(from), "/proc/self/ns/%s", kind);
	snprintf(to, sizeof(to), LAB_ROOM "/%s/%s", kind, name);
	if (space_file(to, 0444, "", 0, e))
		return -1;
	if (mount(from, to, NULL, MS_BIND, NULL) < 0)
		return failed(e, "keep a namespace");
	fd = open(from, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		failed(e, "open a namespace");
	return fd;
}

static int make_node(struct lab *l, unsigned i, struct err *e)
{
	const struct lab_node *n = &l->t->node[i];
	struct links *k;
	int rc;

	if (unshare(CLONE_NEWNET | CLONE_NEWUTS) < 0)
		return failed(e, "make a host");
	if (sethostname(n->name, strlen(n->name)) < 0)
		return failed(e, "name a host");
	l->node[i].net = keep("net", n->name, e);
	l->node[i].uts = l->node[i].net < 0 ? -1 : keep("uts", n->name, e);
	if (l->node[i].uts < 0)
		return -1;
	settings(n->kind);
	k = links_open(e);
	rc = !k || (n->kind == LAB_SWITCH ? links_bridge(k, KERNEL_BRIDGE, n->tree, e)
					  : links_up(k, "lo", e));
	links_close(k);
	return rc ? -1 : 0;
}

static void port_name(const struct lab_port *v, char out[16])
{
	snprintf(out, 16, KERNEL_PORT "%u", v->number);
}

/* The names of the two inner ends of a wire that is two cables. */
static void middle_name(unsigned wire, unsigned side, char out[16])
{
	snprintf(out, 16, "w%u%c", wire, 'a' + (char)side);
}

static int make_wire(struct lab *l, struct links *k, unsigned w, struct err *e)
{
	const struct lab_wire *v = &l->t->wire[w];
	struct cable_end end[2];
	char name[2][16], middle[16];

	for (unsigned i = 0; i < 2; i++) {
		const struct lab_port *p = &l->t->port[2 * w + i];

		port_name(p, name[i]);
		end[i] = (struct cable_end) { l->node[p->node].net, name[i], p->mac };
	}
	if (!lab_wire_imperfect(v))
		return links_cable(k, &end[0], &end[1], v->mtu, e);
	for (unsigned i = 0; i < 2; i++) {
		struct cable_end inner = { l->first_net, middle, NULL };

		middle_name(w, i, middle);
		if (links_cable(k, &end[i], &inner, v->mtu, e) || links_up(k, middle, e))
			return -1;
		links_plain(middle);
	}
	return 0;
}

/* Interfaces of a node: plugged in or with addresses, and up. */
static int start_ports(struct lab *l, struct links *k, unsigned node, struct err *e)
{
	const struct topology *t = l->t;
	char name[16];

	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		const struct lab_port *v = &t->port[i];

		if (v->node != node)
			continue;
		port_name(v, name);
		links_plain(name);
		if (t->node[node].kind == LAB_SWITCH && links_join(k, name, KERNEL_BRIDGE, e))
			return -1;
		for (unsigned f = 0; f < LAB_VERSIONS; f++)
			if (v->addr[f].len && links_address(k, name, &v->addr[f], e))
				return -1;
		if (links_up(k, name, e))
			return -1;
	}
	if (t->node[node].kind == LAB_SWITCH)
		return links_up(k, KERNEL_BRIDGE, e);
	for (unsigned i = 0; i < t->nroutes; i++) {
		const struct lab_route *r = &t->route[i];

		port_name(&t->port[r->port], name);
		if (r->node == node && links_route(k, name, &r->to, &r->via, e))
			return -1;
	}
	return 0;
}

static int start_node(struct lab *l, unsigned i, struct err *e)
{
	struct links *k;
	int rc;

	if (setns(l->node[i].net, CLONE_NEWNET) < 0)
		return failed(e, "enter a host");
	k = links_open(e);
	rc = k ? start_ports(l, k, i, e) : -1;
	links_close(k);
	return rc;
}

/* The kernel takes its time until an interface that was started carries. */
static int await_ports(struct lab *l, struct err *e)
{
	const struct topology *t = l->t;
	unsigned patience = 3000; /* milliseconds for all of them */
	char name[16];

	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		const struct lab_port *v = &t->port[i];

		if (setns(l->node[v->node].net, CLONE_NEWNET) < 0)
			return failed(e, "enter a host");
		for (port_name(v, name); !links_carries(name) && patience; patience--)
			usleep(1000);
	}
	return 0;
}

/* A switch that looks for loops lets nothing pass until it knows: twice its delay of 2 s. */
static int await_tree(struct lab *l, struct err *e)
{
	const struct topology *t = l->t;
	unsigned patience = 1000; /* hundredths of a second */
	char name[16];

	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		const struct lab_port *v = &t->port[i];
		struct links *k;

		if (!t->node[v->node].tree)
			continue;
		if (setns(l->node[v->node].net, CLONE_NEWNET) < 0)
			return failed(e, "enter a switch");
		k = links_open(e);
		if (!k)
			return -1;
		for (port_name(v, name); !links_settled(k, name) && patience; patience--)
			usleep(10000);
		links_close(k);
	}
	return 0;
}

/* 16 MiB for each end (8192 frames, which a busy machine may need), but for all together no more
 * than 256 MiB. */
static unsigned ring_size(const struct topology *t)
{
	unsigned size = 16u << 20, n = 0;

	for (unsigned w = 0; w < t->nwires; w++)
		n += lab_wire_imperfect(&t->wire[w]);
	while (size > 256u << 10 && (uint64_t)size * 2 * n > 256u << 20)
		size /= 2;
	return size;
}

/* One process for each wire that does something to its frames. */
static int start_relay(struct lab *l, unsigned w, struct err *e)
{
	const struct lab_wire *v = &l->t->wire[w];
	char name[16];
	int fd[2];
	pid_t pid;

	for (unsigned i = 0; i < 2; i++) {
		middle_name(w, i, name);
		fd[i] = relay_socket(name, v->mtu, ring_size(l->t), e);
		if (fd[i] < 0)
			return -1;
	}
	l->share[w].seed = v->seed;
	if (!v->has_seed)
		(void)!getrandom(&l->share[w].seed, sizeof(l->share[w].seed), 0);
	l->share[w].seed &= UINT64_MAX / 32; /* so that it can be said again */
	l->share[w].relayed = true;
	l->share[w].ring = ring_size(l->t);
	pid = fork();
	if (pid < 0)
		return failed(e, "start a wire");
	if (pid == 0)
		relay_run(v, &l->share[w], fd);
	l->share[w].carrier = pid;
	close(fd[0]);
	close(fd[1]);
	return 0;
}

static void more_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

int build_lab(struct lab *l, struct err *e)
{
	static const struct setting mute[] = SETTINGS_MUTE;
	const struct topology *t = l->t;
	struct links *k;
	int rc = 0;

	more_descriptors();
	if (space_mounts(l, e))
		return -1;
	SET(mute);
	l->first_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (l->first_net < 0)
		return failed(e, "open a namespace");
	for (unsigned i = 0; i < t->nnodes; i++)
		if (make_node(l, i, e))
			return -1;
	if (setns(l->first_net, CLONE_NEWNET) < 0)
		return failed(e, "come back");
	k = links_open(e);
	for (unsigned w = 0; k && !rc && w < t->nwires; w++)
		rc = make_wire(l, k, w, e);
	links_close(k);
	if (!k || rc)
		return -1;
	/* The middle of a wire carries when its sockets are there before the hosts speak. */
	for (unsigned w = 0; w < t->nwires; w++)
		if (lab_wire_imperfect(&t->wire[w]) && start_relay(l, w, e))
			return -1;
	for (unsigned i = 0; i < t->nnodes; i++)
		if (start_node(l, i, e))
			return -1;
	if (await_ports(l, e) || await_tree(l, e))
		return -1;
	return setns(l->first_net, CLONE_NEWNET) < 0 ? failed(e, "come back") : 0;
}
