/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard output, buffered. */
#include "cli/out.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "cli/signals.h"

int out_flush(struct out *o, struct err *e)
{
	size_t done = 0;

	if (o->gone)
		return -1;
	if (o->b.failed)
		return err_set(e, ERR_IO, "no memory for the output");
	while (done < o->b.n) {
		ssize_t w = write(STDOUT_FILENO, o->b.p + done, o->b.n - done);
		if (w >= 0) {
			done += (size_t)w;
			continue;
		}
		if (errno == EINTR && signals_stop < 2)
			continue;
		if (errno == EINTR) { /* nobody reads, and it is to end at once */
			o->b.n = 0;
			o->gone = true;
			return -1;
		}
		if (errno == EAGAIN) { /* somebody else made it non-blocking */
			struct pollfd pf = { .fd = STDOUT_FILENO, .events = POLLOUT };
			poll(&pf, 1, 1000);
			continue;
		}
		o->b.n = 0;
		if (errno == EPIPE) {
			o->gone = true;
			return -1;
		}
		return err_set(e, ERR_IO, "cannot write standard output: %s", strerror(errno));
	}
	o->b.n = 0;
	return 0;
}

int out_idle(struct out *o, struct err *e)
{
	struct pollfd f = { .fd = STDOUT_FILENO };

	if (out_flush(o, e) < 0)
		return -1;
	o->gone = poll(&f, 1, 0) > 0 && (f.revents & POLLERR);
	return o->gone ? -1 : 0;
}

void out_done(struct out *o)
{
	buf_done(&o->b);
}
