#!/bin/bash
# Runs every test and prints one closing line, "N passed, N failed".
#
#   tests/run.sh [NAME…]      all tests, or those whose name contains one of the words
#
# A test is a program that prints TAP ("ok 1 - what", "not ok 2 - what", "ok 3 - what # SKIP why"): the unit tests
# (ASan+UBSan build) and the executables in tests/e2e/. Each gets its own empty TMPDIR and BIN (folder of the programs). Two run at a
# time. A program that dies or prints no result counts as one failure. Output of failing tests is shown; all of it stays in
# build/test-logs/.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$PWD
logs=$root/build/test-logs
rm -rf "$logs"
mkdir -p "$logs"
run_one() {
    test=$1
    name=$(basename "$test")
    TMPDIR=$(mktemp -d /tmp/smogd-test.XXXXXX)
    export TMPDIR BIN="$root/build/release/bin" BIN_ASAN="$root/build/asan/bin"
    export CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 \
        LSAN_OPTIONS=suppressions=$PWD/tests/support/leaks.supp:print_suppressions=0
    started=$(date +%s)
    timeout -k 5 900 "$test" >"$logs/$name.out" 2>"$logs/$name.err" </dev/null
    code=$?
    rm -rf "$TMPDIR"
    ok=$(grep -cE '^[[:space:]]*ok\b' "$logs/$name.out")
    not_ok=$(grep -cE '^[[:space:]]*not ok\b' "$logs/$name.out")
    if [ "$not_ok" = 0 ] && { [ $code != 0 ] || [ "$ok" = 0 ]; }; then
        not_ok=1
        echo "not ok - exit status $code" >>"$logs/$name.out"
    fi
    echo "$ok $not_ok" >"$logs/$name.count"
    if [ "$not_ok" = 0 ]; then
        echo "  $name: $ok passed ($(($(date +%s) - started)) s)"
    else
        echo "  $name: $ok passed, $not_ok FAILED; $logs/$name.out"
        grep -E -A3 '^[[:space:]]*not ok' "$logs/$name.out" | head -40
        tail -25 "$logs/$name.err"
    fi
}
export -f run_one
export root logs
# The end-to-end tests measure in real time: they run after the unit tests, which would take the processor from them.
units=$(ls build/asan/tests/test_* 2>/dev/null | grep -v '\.d$')
whole=$(find tests/e2e -maxdepth 1 -type f -perm -u+x 2>/dev/null | sort)
if [ $# -gt 0 ]; then
    pattern=$(printf '%s|' "$@")
    units=$(echo "$units" | grep -E "${pattern%|}")
    whole=$(echo "$whole" | grep -E "${pattern%|}")
fi
[ -n "$units$whole" ] || { echo "no such test"; exit 2; }
for list in "$units" "$whole"; do
    [ -z "$list" ] || echo "$list" | xargs -P 2 -I{} bash -c 'run_one "$root/{}"'
done
passed=$(cat "$logs"/*.count | awk '{p += $1} END {print p + 0}')
failed=$(cat "$logs"/*.count | awk '{f += $2} END {print f + 0}')
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
