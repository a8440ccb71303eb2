#!/bin/bash
# smoginbox in hard times: killed again and again while packages come in, and a full disk. What it gave a receipt for is there.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
PACKAGES_MANY=40
# shellcheck source=tests/e2e/inbox_lib.sh
. "$ROOT/tests/e2e/inbox_lib.sh"
BIN_ASAN=$BIN # the pace of the real thing; the sanitizers have their turn in inbox.sh

# ---- killed ----
kills=15
post_all() { # every package until the server is gone; what was answered with a receipt goes into receipts/
    local f status
    for f in p/many-*.asice; do
        status=$(post client "$f" 2>/dev/null)
        case $status in
        200 | 201) cp body "receipts/$(hex "$f").$status" ;;
        000) return ;;
        *) echo "# $f: $status $(cat body)" >>odd ;;
        esac
    done
}
mkdir receipts
for round in $(seq $kills); do
    start
    post_all &
    poster=$!
    sleep "0.$(((round * 37) % 60 + 10))" # the moment of the kill, different each time
    kill -KILL $inbox
    wait $inbox 2>/dev/null
    wait $poster
done
ok "killed $kills times" 0
start
post_all
is "after that all packages are taken" 40 "$(find receipts -name '*.20?' | sed 's/\.20.$//' | sort -u | wc -l)"
is "no answer was odd" 0 "$(cat odd 2>/dev/null | wc -l)"
again=0 same=0
for f in p/many-*.asice; do
    as client "https://$address/packages/$(hex "$f")" >status
    for receipt in receipts/"$(hex "$f")".20?; do
        again=$((again + 1))
        cmp -s "$receipt" body && same=$((same + 1))
    done
done
is "every receipt ever given still stands, byte for byte" $again $same
is "the index is whole" ok "$(sqlite3 store/inbox.db 'PRAGMA integrity_check')"
is "and has each package once" 40 "$(sqlite3 store/inbox.db 'SELECT count(*) FROM package')"
lost=0
for f in p/many-*.asice; do
    h=$(hex "$f")
    cmp -s "$f" "store/packages/${h:0:2}/$h.asice" || lost=$((lost + 1))
done
is "each file is there, byte for byte" 0 $lost
is "what the kills left of uploads is gone" 0 "$(find store/incoming -type f | wc -l)"
stop
is "SIGTERM: exit 0" 0 $?

# ---- a full disk ----
rm -rf store && mkdir -m 750 store
if mount -t tmpfs -o size=256k tmpfs store 2>/dev/null; then
    start
    full=0
    for f in p/many-*.asice; do
        status=$(post client "$f")
        [ "$status" = 201 ] || { full=1 && break; }
    done
    is "a full disk: 503" "1 503" "$full $status"
    says "come again later" headers '^Retry-After: 60'
    is "the reason is JSON" storage "$(jq -r .error body)"
    says "the log says what is wrong" log 'look at the disk\|inbox.db'
    had=$(sqlite3 store/inbox.db 'SELECT count(*) FROM package')
    mount -o remount,size=8m store
    is "with room again it is taken" 201 "$(post client "$f")"
    is "and nothing was lost" $((had + 1)) "$(sqlite3 store/inbox.db 'SELECT count(*) FROM package')"
    stop
    is "SIGTERM: exit 0 again" 0 $?
    umount store
else
    for what in "a full disk: 503" "come again later" "the reason is JSON" "the log says what is wrong" "with room again it is taken" \
        "and nothing was lost" "SIGTERM: exit 0 again"; do
        n=$((n + 1))
        echo "ok $n - $what # SKIP no right to mount a small disk here"
    done
fi
echo "1..$n"
