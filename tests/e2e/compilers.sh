#!/bin/bash
# The same recordings give the same verdicts, bit for bit, whatever compiled the program: gcc at -O0, -O2 and -O3, clang, and with the
# sanitizers; and a second run. `make compilers` builds them.
set -u
. "$(dirname "$0")/tap.sh"
cd "$ROOT" || exit 2

first=$TMPDIR/o0
methods=$(grep -c '^    {"' tests/support/session.c)
build/o0/tests/verdicts >"$first"
ok "gcc -O0: each session and its replay agree, with the verdict that belongs to it" $?
is "all methods took part" "$methods" "$(grep -c ': replayed$' "$first")"
same() { # same "what" program
    build/"$2"/tests/verdicts >"$TMPDIR/other"
    local status=$?
    [ $status = 0 ] && diff "$first" "$TMPDIR/other" | cut -c1-300 | sed 's/^/# /'
    [ $status = 0 ] && cmp -s "$first" "$TMPDIR/other"
    ok "$1" $?
}
same "a second run" o0
same "gcc -O2" release
same "gcc -O3" o3
same "clang -O2" clang
same "AddressSanitizer and UndefinedBehaviorSanitizer" asan
echo "1..$n"
