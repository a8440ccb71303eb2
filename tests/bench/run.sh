#!/bin/bash
# Runs the benches, or those whose names contain one of the words. Their data lie in build/bench-data: on the disk that
# the project lies on, not in a /tmp that may be memory.
#
#   tests/bench/run.sh [NAME…]
set -u
cd "$(dirname "$0")/../.." || exit 2
export BENCH_DIR=$PWD/build/bench-data BIN=$PWD/build/release/bin
list=$(find build/release/bench -maxdepth 1 -type f -name 'bench_*' -perm -u+x 2>/dev/null | sort
    find tests/bench -maxdepth 1 -type f -name 'bench_*' -perm -u+x 2>/dev/null | sort)
if [ $# -gt 0 ]; then
    pattern=$(printf '%s|' "$@")
    list=$(echo "$list" | grep -E "${pattern%|}")
fi
[ -n "$list" ] || { echo "no such bench; 'make bench' builds them"; exit 2; }
missed=0
for bench in $list; do
    echo "== $(basename "$bench")"
    "$bench" </dev/null || missed=1
done
rm -rf "$BENCH_DIR"
exit $missed
