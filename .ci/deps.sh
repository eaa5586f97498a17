# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Sourced by demo and check: packages that are needed, installed when we may, named when we may not.
# shellcheck disable=SC2034 # the lists are for those who source this

DEPS_BUILD="gcc libc6-dev cmake ninja-build pkg-config libpcap-dev libnet1-dev libmnl-dev
	libcap-ng-dev libseccomp-dev zlib1g-dev libzstd-dev"
DEPS_DEMO="$DEPS_BUILD iproute2 util-linux python3-minimal"
DEPS_CHECK="$DEPS_DEMO clang libclang-rt-14-dev clang-format check shellcheck git tshark tcpdump
	python3 python3-scapy python3-jsonschema dnsmasq-base nginx-light curl mosquitto
	mosquitto-clients socat bind9-dnsutils isc-dhcp-client ndisc6 traceroute ethtool
	iputils-ping openssl nftables chrony xxd nmap hping3 dsniff libtins-dev g++ dash zsh fish
	netcat-openbsd rsync udhcpd radvd dovecot-imapd dovecot-pop3d python3-aiosmtpd
	python3-pyftpdlib apparmor"

deps_installed() {
	case "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" in
	*" installed") return 0 ;;
	esac
	# Another package that gives the same command will do.
	case "$1" in
	gcc | cmake | git | tshark | tcpdump | curl | mosquitto | socat | openssl | xxd | nmap | dash | zsh | fish)
		command -v "$1" >/dev/null ;;
	nginx-light) command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] ;;
	dnsmasq-base) command -v dnsmasq >/dev/null || [ -x /usr/sbin/dnsmasq ] ;;
	pkg-config) command -v pkg-config >/dev/null ;;
	python3-minimal) command -v python3 >/dev/null ;;
	*) return 1 ;;
	esac
}

# Packages of a service start it when they are installed; nothing here wants that.
deps_apt() {
	local made=0
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod +x /usr/sbin/policy-rc.d
		made=1
	fi
	{ apt-get -q update && DEBIAN_FRONTEND=noninteractive \
		apt-get -q install -y --no-install-recommends "$@"; } >&2
	local rc=$?
	[ "$made" = 0 ] || rm -f /usr/sbin/policy-rc.d
	return "$rc"
}

# deps_need PACKAGE...: 0 when all are there at the end.
deps_need() {
	local missing=() p
	if ! command -v dpkg-query >/dev/null; then
		echo "not a Debian system: needed are the likes of: $*" >&2
		return 0
	fi
	for p in "$@"; do
		deps_installed "$p" || missing+=("$p")
	done
	if [ ${#missing[@]} = 0 ]; then
		return 0
	elif [ "$(id -u)" = 0 ]; then
		echo "installing: ${missing[*]}" >&2
		deps_apt "${missing[@]}"
	else
		echo "missing; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
		return 1
	fi
}
