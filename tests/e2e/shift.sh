#!/bin/bash
# The demonstration shift is a test: every step must really happen.
cd "$(dirname "$0")/../.." || exit 2
if SHIFT=once tests/shift/shift.sh "$TMPDIR/shift" >"$TMPDIR/out" 2>&1; then
    echo "ok 1 - make run plays a shift and every step happens"
else
    sed 's/^/# /' "$TMPDIR/out"
    echo "not ok 1 - make run plays a shift and every step happens"
fi
echo 1..1
