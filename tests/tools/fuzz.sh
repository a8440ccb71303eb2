#!/bin/sh
# Runs the named fuzzers (tests/fuzz/fuzz_NAME.c, built by `make fuzz`) for FUZZ_SECONDS each, beginning with the committed corpus. What
# they discover stays in build/fuzz/found/NAME/ and is the beginning of the next run.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0
for name in "$@"; do
    found=build/fuzz/found/$name
    crash=build/fuzz/$name-
    log=build/fuzz/$name.log
    mkdir -p "$found"
    rm -f "$crash"*
    if build/fuzz/fuzz_"$name" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=1024 -artifact_prefix="$crash" \
        "$found" tests/fuzz/corpus/"$name" >"$log" 2>&1; then
        echo "fuzz $name: $(grep -E '^Done ' "$log"), $(grep -oE 'cov: [0-9]+' "$log" | tail -1)"
    else
        bad=1
        grep -vE '^#[0-9]+' "$log" | tail -40
        echo "fuzz $name: FAILED. Repair it, then keep the input: mv ${crash}* tests/fuzz/corpus/$name/ (make check plays it from then on)"
    fi
done
exit $bad
