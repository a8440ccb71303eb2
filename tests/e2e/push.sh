#!/bin/bash
# smogpush as a process: what it refuses, --once, an inbox that is away, being killed at any moment, being told to stop.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
sh "$ROOT/tests/shift/keys.sh" keys >/dev/null || exit 1
cases() { (cd "$ROOT" && build/asan/tests/make_cases "$TMPDIR/state" "$@"); }
db() { sqlite3 -readonly "$TMPDIR/state/smogd.db" "$1"; }
count() { db "SELECT count(*) FROM delivery WHERE state = '$1'"; }

start_inbox() { # at the port it had before, if any
    "$BIN/smoginbox" --listen "127.0.0.1:${port:-0}" --cert keys/inbox.pem --key keys/inbox.key --client-ca keys/ca.pem \
        --seal-ca keys/ca.pem --receipt-key keys/inbox.key --store inbox >listening 2>>inbox.log &
    inbox=$!
    ends_with_script $inbox
    wait_for 20 grep -q '^listening on ' listening || { cat inbox.log; exit 1; }
    port=$(sed -n 's/^listening on .*://p' listening)
}
stop_inbox() {
    kill -TERM $inbox
    wait $inbox
}
start_push() {
    "$BIN/smogpush" -c smogd.conf 2>>push.log &
    push=$!
    ends_with_script $push
}
once() {
    "$BIN/smogpush" -c smogd.conf --once 2>once.log
}
start_inbox
write_config() {
    cat >smogd.conf <<EOF
station { id = "652301-0007"  name = "长丰路联合执法站"  kind = joint  region = "652301"  state = "state" }
rules = {"hj845-2017"}   limit-class = a
outlet police { kind = package-rest  url = "https://127.0.0.1:$port/packages"
                ca = "keys/ca.pem"  cert = "keys/push.pem"  key = "keys/push.key"  receipt-key = "${receipt_key-keys/inbox.pem}" }
$1
EOF
}
seal='seal { key = "keys/seal.key"  cert = "keys/seal.pem" }'
write_config "$seal"

# ---- what it refuses ----
"$BIN/smogpush" --help >out
is "--help: exit 0" 0 $?
"$BIN/smogpush" 2>err
is "no -c: exit 2" 2 $?
once
is "no database with --once: exit 3" 3 $?
cases 1 1 >/dev/null
chmod 640 keys/seal.key
once
is "a sealing key that others can read: exit 2" 2 $?
says "it says what to do" once.log 'run: chmod 600 .*keys/seal.key'
chmod 600 keys/seal.key
chmod 644 keys/push.key
once
is "a TLS key that others can read: exit 2" 2 $?
says "it names file, line and outlet" once.log "smogd.conf:3: outlet 'police': .*chmod 600"
chmod 600 keys/push.key
cp keys/push.pem push.pem
cp keys/inbox.pem keys/push.pem
once
is "a TLS certificate of another key: exit 2" 2 $?
says "it says so" once.log "push.pem: is not the certificate of the key in .*push.key"
cp push.pem keys/push.pem
receipt_key=keys/push.key write_config "$seal"
once
is "a receipt-key that is no public key: exit 2" 2 $?
says "it says what is needed" once.log "smogd.conf:3: outlet 'police': .*push.key: there is no certificate or public key"
write_config ""
once
is "no seal section: exit 2" 2 $?
write_config "$seal"

# ---- once ----
once
is "--once delivers what is there: exit 0" 0 $?
is "it has arrived" 1 "$(count sent)"
is "with its receipt" "$(db 'SELECT sha256 FROM package')" "$(db "SELECT json_extract(receipt, '\$.package_sha256') FROM delivery")"
db 'SELECT receipt_signature FROM delivery' | base64 -d >signature
db 'SELECT receipt FROM delivery' | tr -d '\n' >receipt
openssl x509 -in keys/inbox.pem -pubkey -noout >inbox.pub
openssl dgst -sha256 -verify inbox.pub -signature signature receipt >/dev/null
is "and the receiver's signature over it" 0 $?
"$BIN/smogverify" "state/$(db 'SELECT path FROM package')" --ca keys/ca.pem >verified
is "and the package verifies" 0 $?
once
is "nothing to do: exit 0" 0 $?
is "nothing was sent again" 1 "$(db 'SELECT attempts FROM delivery')"

# ---- stock tools alone ----
mkdir x && unzip -q -d x "state/$(db 'SELECT path FROM package')"
ok "unzip opens it" $?
openssl cms -verify -cades -binary -inform DER -in x/META-INF/signature001.p7s -content x/META-INF/ASiCManifest001.xml \
    -CAfile keys/ca.pem -purpose any -out /dev/null 2>cms.log
ok "openssl cms verifies the signature" $?
(cd x && tr -d '\n' <META-INF/ASiCManifest001.xml | grep -o '<asic:DataObjectReference.*</asic:DataObjectReference>' |
    sed 's/<asic:DataObjectReference URI="/\n/g' | sed -n 's|^\([^"]*\)".*<ds:DigestValue>\([^<]*\)<.*|\2 \1|p' |
    while read -r digest name; do echo "$(base64 -d <<<"$digest" | od -An -vtx1 | tr -d ' \n')  $name"; done >../sums)
(cd x && sha256sum --quiet -c ../sums)
ok "sha256sum finds every entry as the manifest says" $?
is "which is all of them but mimetype, manifest and signature" "$(($(find x -type f | wc -l) - 3))" "$(wc -l <sums)"
pdftotext -layout x/report.pdf report.txt
says "a page for people is inside" report.txt '机动车排放检测记录'
says "it tells the result" report.txt '疑似超标 .*不透光度 opacity  *41 %'
says "and the limit" report.txt '≤ 30 %  *超标 exceeds'

# ---- a receipt that somebody else signed; what the police decided ----
cases 2 1 >/dev/null
receipt_key=keys/push.pem write_config "$seal"
once
is "a receipt of another's key: exit 1" 1 $?
is "it is none" 1 "$(count unknown)"
says "and told" once.log "the receipt does not count: its signature was not made by the configured receipt-key"
write_config "$seal"
db() { sqlite3 "$TMPDIR/state/smogd.db" "$1"; }
db "UPDATE delivery SET next_ms = 0"
once
is "with the right key it counts: exit 0" 0 $?
is "it was asked for, not sent again" 2 "$(find inbox/packages -name '*.asice' | wc -l)"
decide() { "$BIN/smoginbox" --store inbox --decide "$1" "${@:2}" --officer 023456; }
first=$(db "SELECT sha256 FROM package ORDER BY case_id LIMIT 1")
decide "$first" accepted
decide "$first" notified
# many more than one answer holds: copies of one, as if the police had decided so often
sqlite3 inbox/inbox.db "WITH RECURSIVE i(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM i WHERE k < 58)
    INSERT INTO decision(package, at_ms, decision, ground, number, note, officer)
    SELECT 1, 1790000000000, 'returned', 6, '', '第' || k || '次：图像不清 \"' || printf('%.100c', 'x'), '023456' FROM i"
once
is "what the police decided is fetched" 60 "$(db 'SELECT count(*) FROM decision')"
is "with the case" 652301-0007-C000001 "$(db 'SELECT DISTINCT case_id FROM decision')"
is "and the signature" 0 "$(db 'SELECT count(*) FROM decision WHERE signature IS NULL')"
is "it asked until there was no more" 60 "$(db 'SELECT max(n) FROM decision')"
is "nothing is wrong" "" "$(db 'SELECT trouble FROM feedback')"
once
is "none comes twice" 60 "$(db 'SELECT count(*) FROM decision')"

# ---- the inbox is away ----
stop_inbox
cases 3 2 >/dev/null
once
is "the inbox is away: exit 1" 1 $?
is "nothing is lost" 4 "$(db 'SELECT count(*) FROM package')"
is "nothing is refused" 0 "$(count refused)"
start_push
wait_for 10 sh -c 'grep -q "no connection" push.log'
ok "it says so" $?
start_inbox
all_sent() { [ "$(db "SELECT count(*) FROM delivery WHERE state <> 'sent'")" = 0 ] && [ "$(count sent)" = "$1" ]; }
wait_for 60 all_sent 4
ok "once it is back everything arrives" $?
cases 5 1 >/dev/null
wait_for 10 all_sent 5
ok "a new case goes out by itself" $?
before=$(date +%s%N)
kill -TERM $push
wait $push
is "told to stop: exit 0" 0 $?
[ $(($(date +%s%N) - before)) -lt 2000000000 ]
ok "within 2 s" $?
is "the journal is signed to its end" "$(db 'SELECT count(*) FROM event')" "$(db 'SELECT max(size) FROM checkpoint')"

# ---- killed at any moment ----
echo half >state/packages/652301-0007-C000006-0123456789abcdef.asice.new-1
rounds=50
cases 6 60 40 >saved &
feeder=$!
ends_with_script $feeder
for _ in $(seq $rounds); do
    start_push
    read -r -t "0.$((RANDOM % 35 + 1))" <> <(:)
    kill -9 $push
    wait $push 2>/dev/null
done
wait $feeder
is "every case was saved meanwhile" 60 "$(wc -l <saved)"
drained() { once && all_sent 65; }
wait_for 60 drained
ok "after $rounds kills all 65 packages have arrived" $?
is "each case has one package" 65 "$(db 'SELECT count(DISTINCT sha256) FROM package')"
db 'SELECT sha256 FROM package ORDER BY sha256' >sealed
find inbox/packages -name '*.asice' -printf '%f\n' | sed 's/[.]asice$//' | sort >received
cmp -s sealed received
ok "the inbox holds exactly these, each once" $?
is "every receipt is for its package" 0 \
    "$(db "SELECT count(*) FROM delivery JOIN package USING(case_id) WHERE json_extract(receipt, '\$.package_sha256') IS NOT sha256")"
for path in $(db 'SELECT path FROM package'); do
    "$BIN/smogverify" "state/$path" --ca keys/ca.pem >verified || echo "# $path"
done >bad
is "every one verifies" 0 "$(wc -l <bad)"
is "no half-written file is left" 0 "$(find state/packages -name '*.new-*' | wc -l)"

# ---- codes of slips: more than are signed in one round ----
db 'DELETE FROM slip'
sed '/^outlet/,/}/d' smogd.conf >alone.conf # nothing else keeps it busy
"$BIN/smogpush" -c alone.conf --once 2>alone.log
is "--once signs the codes of all that have a slip" 65 "$(db 'SELECT count(*) FROM slip')"

# ---- one at a time ----
start_push
wait_for 10 sh -c "[ \"\$(cat state/delivery.lock)\" = $push ]"
once
is "a second smogpush is refused: exit 4" 4 $?
stop_inbox
echo "1..$n"
