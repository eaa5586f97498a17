#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What is installed can be used: a C and a C++ program against the header and the library alone, found
# by pkg-config (the archive too) and by find_package; only strata_ names are visible.
set -u
build=${STRATA_BUILD:?}
source=${STRATA_SOURCE:?}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=0
fail() {
	echo "FAILED: $1"
	[ -f "$tmp/log" ] && tail -20 "$tmp/log"
	bad=1
}
ok() {
	local what=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then echo "ok: $what"; else fail "$what"; fi
}

[ -e "$build/libstrata.so" ] || { echo "skipped: $build/libstrata.so is not built"; exit 77; }
for tool in pkg-config cmake nm readelf; do
	command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
# The same compiler and, under the sanitizers, the same runtime.
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
case $cc in *clang*) cxx=clang++ ;; *) cxx=g++ ;; esac
san=()
[ -z "${STRATA_SANITIZE-}" ] || san=(-fsanitize=address -fsanitize=undefined)

unset DESTDIR
cmake --install "$build" --prefix "$tmp/first" >"$tmp/log" 2>&1 || { fail "cmake --install"; exit 1; }
# Nothing may remember where it was put.
mv "$tmp/first" "$tmp/usr"
inside=$(find "$tmp/usr" -name strata.pc -printf '%h\n')
lib=${inside%/pkgconfig}
[ -n "$inside" ] || { fail "no strata.pc"; exit 1; }
export PKG_CONFIG_PATH=$inside LD_LIBRARY_PATH=$lib

[ -f "$tmp/usr/include/strata/strata.h" ] || fail "strata.h is not installed"
if grep -nE 'pcap\.h|libnet\.h' "$tmp/usr/include/strata/strata.h"; then fail "a foreign header"; fi
[ "$(find "$tmp/usr/include" -type f | wc -l)" = 1 ] || fail "more than one header is installed"

grep -q "^profile strata $tmp/first/bin/strata " "$tmp/usr/share/strata/apparmor/strata" ||
	fail "the AppArmor profile does not name the program"

# ---- names ----
names=$(nm -D --defined-only "$lib/libstrata.so" | awk '{ print $3 }' | grep -vE '^strata_|^STRATA_0$')
[ -z "$names" ] || fail "libstrata.so shows other names: $(tr '\n' ' ' <<<"$names")"
shown=$(nm -D --defined-only "$lib/libstrata.so" | grep -c ' T strata_')
# Every function of the header is there, and nothing else is.
declared=$(grep -oE '\bstrata_[a-z_]+\(' "$source/lib/strata.h" | tr -d '(' |
	grep -v '_fn$' | sort -u)
for name in $declared; do
	nm -D --defined-only "$lib/libstrata.so" | grep -qE " T $name(@|\$)" ||
		fail "$name is in the header and not in the library"
done
[ "$(wc -w <<<"$declared")" = "$shown" ] || fail "$shown functions shown, $(wc -w <<<"$declared") in the header"
readelf -d "$lib/libstrata.so" | grep -q 'SONAME.*libstrata\.so\.0' || fail "no soname"
if [ ${#san[@]} = 0 ] && command -v objcopy >/dev/null; then
	names=$(nm -g --defined-only "$lib/libstrata.a" | awk 'NF == 3 { print $3 }' | grep -v '^strata_')
	[ -z "$names" ] || fail "libstrata.a shows other names: $(head -5 <<<"$names" | tr '\n' ' ')"
fi

# ---- programs ----
cat >"$tmp/use.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <strata/strata.h>

/* Names that the library uses inside. */
int check(void);
int check(void) { return 1; }
int ask(void);
int ask(void) { return 1; }

int main(void)
{
	struct strata_error e = { 0 };
	struct strata *s = strata_open(NULL, 0, &e);
	struct strata_packet *p = s ? strata_packet_new(s) : NULL;
	char *line = NULL;

	if (!p || strata_craft(p, "ip dst=10.0.0.2 / udp dport=7 / text:hi", &e) < 0 ||
	    strata_check(p, NULL) != 0 || !(line = strata_print(p, "expr", NULL, &e)))
		fprintf(stderr, "%s\n", e.message);
	else
		printf("%s %s\n", strata_version(), line);
	free(line);
	strata_packet_free(p);
	strata_close(s);
	return !line || check() != 1 || ask() != 1;
}
C
cat >"$tmp/use.cc" <<'C'
#include <cstdio>
#include <memory>
#include <strata/strata.h>

int main()
{
	strata_error e {};
	std::unique_ptr<strata, decltype(&strata_close)> s(strata_open(nullptr, 0, &e), strata_close);
	if (!s)
		return 1;
	std::unique_ptr<strata_packet, decltype(&strata_packet_free)> p(strata_packet_new(s.get()),
									strata_packet_free);
	uint64_t port = 0;
	if (strata_craft(p.get(), "ip / dns", &e) < 0 || strata_number(p.get(), "udp.dport", &port) != 1)
		return 1;
	std::printf("%d\n", (int)port);
	return port != 53;
}
C
read -ra flags <<<"$(pkg-config --cflags --libs strata)"
# The archive alone, over the shared libraries that it stands on.
read -ra modules <<<"$(pkg-config --print-requires-private strata | tr '\n' ' ')"
read -ra below <<<"$(pkg-config --libs "${modules[@]}") -lnet"
[[ " ${flags[*]} " == *" -lstrata "* ]] || fail "pkg-config: ${flags[*]}"
for std in c99 c11; do
	ok "C ($std), pkg-config" "$cc" -std=$std -Wall -Wextra -Wpedantic -Werror "${san[@]}" \
		"$tmp/use.c" -o "$tmp/use-$std" "${flags[@]}"
	ok "it runs" "$tmp/use-$std"
done
grep -q '^[0-9.]* ip dst=10.0.0.2 / udp dport=7 / text:hi$' "$tmp/log" || fail "it printed otherwise"
# In the static library of a sanitized build the inner names still stand.
if [ ${#san[@]} = 0 ]; then
	ok "C, libstrata.a" "$cc" -Wall -Wextra -Werror -I"$tmp/usr/include" "$tmp/use.c" \
		-o "$tmp/use-static" "$lib/libstrata.a" "${below[@]}"
	ok "it runs without libstrata.so" env -u LD_LIBRARY_PATH "$tmp/use-static"
fi
# What the documentation shows compiles, and speaks of functions that exist.
# shellcheck disable=SC2016 # backquotes of the text
sed -n '/^```c$/,/^```$/{/^```/d;p}' "$source/docs/library.md" >"$tmp/doc.c"
ok "the program of docs/library.md" "$cc" -std=c11 -Wall -Wextra -Werror "${san[@]}" "$tmp/doc.c" \
	-o "$tmp/doc" "${flags[@]}"
ok "it runs" "$tmp/doc"
grep -q 10.0.0.2 "$tmp/log" || fail "it printed otherwise"
while IFS= read -r name; do
	grep -qE "\b$name\b" "$source/lib/strata.h" || fail "the documentation names $name"
done < <(grep -ohE '\bstrata_[a-z_]+\b' "$source/docs/library.md" "$source/docs/man/strata.3" | sort -u)
if command -v $cxx >/dev/null; then
	ok "C++, pkg-config" $cxx -std=c++11 -Wall -Wextra -Wpedantic -Werror "${san[@]}" \
		"$tmp/use.cc" -o "$tmp/use-cc" "${flags[@]}"
	ok "it runs" "$tmp/use-cc"
else
	echo "left out: C++ ($cxx is not installed)"
fi

mkdir "$tmp/project"
cat >"$tmp/project/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.16)
project(user C)
find_package(strata 0.1 REQUIRED)
add_executable(use ../use.c)
target_link_libraries(use PRIVATE strata::strata)
C
# cmake's own choice would be make, which need not be there.
generator=$(sed -n 's/^CMAKE_GENERATOR:[A-Z]*=//p' "$build/CMakeCache.txt")
ok "find_package" cmake -G "$generator" -S "$tmp/project" -B "$tmp/project/build" -DCMAKE_C_COMPILER="$cc" \
	-DCMAKE_C_FLAGS="${san[*]}" -DCMAKE_PREFIX_PATH="$tmp/usr"
ok "it builds" cmake --build "$tmp/project/build"
ok "it runs" "$tmp/project/build/use"
exit $bad
