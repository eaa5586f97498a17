# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of machines, measuring and file servers; sourced by captures/record.sh, whose helpers
# they use.

rec_modbus() {
	pair
	lab_bg h2 $py "$tools/modbus.py" server 10.77.0.2
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/502' || exit 1
	forget
	sniff h1 eth0 tcp port 502
	lab_on h1 $py "$tools/modbus.py" client 10.77.0.2
	keep 40
}
