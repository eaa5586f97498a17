#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The lab itself: hosts reach each other over one wire and over two routers, and nothing else.
set -u
# shellcheck source=tests/net/lab.sh
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
bad=0
ok() {
	if "${@:2}" >/dev/null 2>&1; then
		echo "ok: $1"
	else
		echo "FAILED: $1"
		bad=1
	fi
}

lab_chain
ok "v4 over two routers" lab_on h1 ping -c1 -W2 10.77.3.1
ok "v6 over two routers" lab_on h1 ping -c1 -W2 fd77:3::1
ok "a dead end times out" bash -c '! nsenter -n -t '"${LAB_HOST[h1]}"' -- ping -c1 -W1 10.77.3.99'
ok "no way out: no default route of the outer machine" \
	bash -c '! ip route get 192.0.2.1'
exit $bad
