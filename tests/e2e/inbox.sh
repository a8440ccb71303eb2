#!/bin/bash
# smoginbox over real TLS: who may send, what is accepted, what is answered, what is on the disk afterwards.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
INBOX_SIZE_MAX=2000000
# shellcheck source=tests/e2e/inbox_lib.sh
. "$ROOT/tests/e2e/inbox_lib.sh"
authority foreign-ca
leaf other 652301-0008 tls-ca
leaf third 652301-0009 tls-ca
leaf officer officer tls-ca
leaf foreign 652301-0007 foreign-ca
start

# ---- who may speak ----
curl -s --cacert tls-ca.pem -o body "https://$address/"
[ $? -ne 0 ]
ok "without a client certificate there is no answer" $?
as foreign "https://$address/" >status
[ $? -ne 0 ]
ok "nor with a certificate of another authority" $?
is "a client certificate of the right authority is heard" 200 "$(as client "https://$address/")"
says "nothing has arrived" body '尚未收到'
is "in English where the browser asks for it" 200 "$(as client -H 'Accept-Language: en-US,en' "https://$address/")"
says "nothing has arrived" body 'Nothing has arrived yet'

# ---- a package ----
is "a package is accepted" 201 "$(post client p/1.asice)"
cp body receipt
is "the receipt names it" "$(hex p/1.asice)" "$(jq -r .package_sha256 receipt)"
is "and has a number and a time" true "$(jq '(.receipt_id | length > 0) and (.received_at | test("^20.*[+]08:00$"))' receipt)"
sed -n 's/^Receipt-Signature: //p' headers | tr -d '\r' | base64 -d >signature
openssl x509 -in server.pem -pubkey -noout >server.pub
openssl dgst -sha256 -verify server.pub -signature signature receipt >/dev/null
ok "the receipt is signed" $?
cmp -s "store/packages/$(hex p/1.asice | cut -c1-2)/$(hex p/1.asice).asice" p/1.asice
ok "the file is there, byte for byte" $?
is "the index is a durable SQLite database" wal "$(sqlite3 store/inbox.db 'PRAGMA journal_mode')"
is "the same again: 200" 200 "$(post client p/1.asice)"
cmp -s body receipt
ok "with the same receipt" $?
is "an unquoted key is understood" 200 "$(as client -H "Content-Type: application/vnd.etsi.asic-e+zip" \
    -H "Content-Digest: sha-256=:$(digest p/1.asice):" -H "Idempotency-Key: $(hex p/1.asice)" --data-binary @p/1.asice \
    "https://$address/packages")"
is "its receipt can be fetched" 200 "$(as client "https://$address/packages/$(hex p/1.asice)")"
cmp -s body receipt
ok "and is the same" $?
is "the package, too" 200 "$(as client "https://$address/packages/$(hex p/1.asice).asice")"
cmp -s body p/1.asice
ok "byte for byte" $?
is "not by another sender" 404 "$(as other "https://$address/packages/$(hex p/1.asice)")"
is "another sender with the same package gets the same receipt" 200 "$(post other p/1.asice)"
cmp -s body receipt
ok "byte for byte" $?
is "from then on it can fetch that receipt, too" 200 "$(as other "https://$address/packages/$(hex p/1.asice)")"
cmp -s body receipt
ok "the same one" $?
is "it is kept once" 1 "$(sqlite3 store/inbox.db 'SELECT count(*) FROM package')"
is "a package that never came" 404 "$(as client "https://$address/packages/$(hex p/2.asice)")"

# ---- refusals ----
is "same key, other body: 422" 422 "$(post client p/2.asice "$(hex p/1.asice)")"
is "the reason is JSON" other_body "$(jq -r .error body)"
is "wrong Content-Digest: 400" 400 "$(post client p/2.asice "$(hex p/2.asice)" "$(digest p/1.asice)")"
is "it is named" content_digest "$(jq -r .error body)"
is "no base64 in Content-Digest: 400" 400 "$(post client p/2.asice "$(hex p/2.asice)" nonsense)"
is "no hex in Idempotency-Key: 400" 400 "$(post client p/2.asice nonsense)"
is "another media type: 415" 415 "$(post client p/2.asice "$(hex p/2.asice)" "$(digest p/2.asice)" application/zip)"
is "no headers at all: 4xx" 415 "$(as client --data-binary @p/2.asice "https://$address/packages")"
echo "no package" >junk
is "not a package: 400" 400 "$(post client junk)"
is "the finding is in it" container "$(jq -r '.findings[0].check' body)"
python3 - <<'P'
data = bytearray(open("p/2.asice", "rb").read())
at = data.index(b"opacity,41.3")
data[at + 8] ^= 1
open("altered", "wb").write(data)
P
is "one digit altered: 400" 400 "$(post client altered)"
says "the entry is named" body 'readings.csv'
truncate -s 2100000 huge
is "too large: 413" 413 "$(post client huge)"
is "too large without a length: 413" 413 "$(as client -H "Content-Type: application/vnd.etsi.asic-e+zip" \
    -H "Content-Digest: sha-256=:$(digest huge):" -H "Idempotency-Key: \"$(hex huge)\"" -H "Transfer-Encoding: chunked" \
    --data-binary @huge "https://$address/packages")"
is "another method: 405" 405 "$(as client -X DELETE "https://$address/packages/$(hex p/1.asice)")"
is "another path: 404" 404 "$(as client "https://$address/etc/passwd")"
is "a path that climbs: 404" 404 "$(as client --path-as-is "https://$address/packages/../../inbox.db")"
is "nothing of all that was kept" 1 "$(find store/packages -name '*.asice' | wc -l)"
is "no upload was left behind" 0 "$(find store/incoming -type f | wc -l)"

# ---- the station's journal, from package to package ----
is "the next package, with a path from the last checkpoint" 201 "$(post client p/2.asice)"
is "the journal agrees" agrees "$(sqlite3 store/inbox.db "SELECT journal FROM package WHERE id = 2")"
is "one without a path" 201 "$(post client p/3.asice)"
is "cannot be told" open "$(sqlite3 store/inbox.db "SELECT journal FROM package WHERE id = 3")"
is "one of a rewritten journal is evidence, too" 201 "$(post client p/rewritten.asice)"
is "and shown as a conflict" conflict "$(sqlite3 store/inbox.db "SELECT journal FROM package WHERE id = 4")"
says "it is logged" log 'does not agree with what it showed before'
is "the list shows" 200 "$(as client "https://$address/")"
says "the plate" body '新B12345'
says "the verdict" body '△ 嫌疑'
says "the conflict" body '⚠ 日志冲突'
says "nothing but its own may be loaded or framed" headers "^Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'"
is "no script" 0 "$(grep -c '<script' body)"
is "who has sent one of them sees that one" 1 "$(as other "https://$address/" >status && grep -c 新B12345 body)"
is "another sender sees nothing of it" 0 "$(as third "https://$address/" >status && grep -c 新B12345 body)"
is "nor of a package's page" 404 "$(as third "https://$address/view/$(hex p/1.asice)")"
is "the viewer sees everything" 4 "$(as officer "https://$address/" >status && grep -c 新B12345 body)"

# ---- decisions ----
decide() { "$BIN_ASAN/smoginbox" --store store --decide "$@" 2>err; }
is "no decisions yet" 200 "$(as client "https://$address/packages/decisions?after=0")"
is "an empty list" 0 "$(jq '.decisions | length' body)"
decide "$(hex p/1.asice)" accepted
is "a decision without an officer: exit 2" 2 $?
decide "$(hex p/1.asice)" penalised --number 652301-2026-17 --officer 023456
is "a penalty before the evidence is accepted: exit 4" 4 $?
says "it says where the package stands" err 'is waiting; it cannot become penalised now'
for d in accepted notified "penalised --number 652301-2026-17 --amount 200 --basis 道交法第90条" "paid --amount 200.00" rectified; do
    # shellcheck disable=SC2086
    decide "$(hex p/1.asice)" $d --officer 023456
    is "in the order of the law: ${d%% *}" 0 $?
done
decide "$(hex p/1.asice)" returned --ground 6 --officer 023456
is "what was paid is not returned: exit 4" 4 $?
decide "$(hex p/2.asice)" returned --ground 7 --note '号牌有误' --officer 023456
is "a return" 0 $?
decide "$(hex p/3.asice)" returned --officer 023456
is "a return without a ground: exit 2" 2 $?
decide "$(hex p/3.asice)" returned --ground 8 --officer 023456
is "another ground without a note: exit 2" 2 $?
decide "$(hex p/3.asice)" handled-on-site --officer 023456
is "handled on site without a number: exit 2" 2 $?
decide "$(hex p/3.asice)" accepted --officer 023456 --note "$(printf 'x%.0s' $(seq 300))"
is "a text that is too long: exit 2, not cut" 2 $?
decide "$(hex junk)" accepted --officer 023456
is "about a package that never came: exit 2" 2 $?
is "the sender fetches them" 200 "$(as client "https://$address/packages/decisions?after=0")"
is "in order" "accepted notified penalised paid rectified returned" "$(jq -r '.decisions[].decision' body | xargs)"
is "with what belongs to it" "652301-2026-17 200 道交法第90条 023456" "$(jq -r '.decisions[2] | .number, .amount, .basis, .officer' body | xargs)"
is "and the ground" 7 "$(jq -r '.decisions[5].ground' body)"
jq -jc '.decisions[1]' body >decision
jq -r '.signatures[1]' body | base64 -d >signature
openssl dgst -sha256 -verify server.pub -signature signature decision >/dev/null
ok "each is signed, byte for byte as it stands there" $?
is "the newest number is told" 6 "$(jq .newest body)"
is "from where it left off" 1 "$(as client "https://$address/packages/decisions?after=5" >status && jq '.decisions | length' body)"
is "who has sent one of the packages, too, gets its decisions" 5 "$(as other "https://$address/packages/decisions?after=0" >status && jq '.decisions | length' body)"
is "another sender gets none" 0 "$(as third "https://$address/packages/decisions?after=0" >status && jq '.decisions | length' body)"
is "a nonsense number: 400" 400 "$(as client "https://$address/packages/decisions?after=x")"

# ---- ends and begins ----
stop
is "SIGTERM: exit 0" 0 $?
touch store/incoming/left-by-a-crash
start
is "after a restart the receipt is the same" 200 "$(post client p/1.asice)"
cmp -s body receipt
ok "byte for byte" $?
is "what a crash left is gone" 0 "$(find store/incoming -type f | wc -l)"
stop
is "SIGTERM again: exit 0" 0 $?
is "no sanitizer spoke" 0 "$(grep -c 'Sanitizer\|runtime error' log)"
"$BIN_ASAN/smoginbox" --store store 2>err
is "missing options: exit 2" 2 $?
"$BIN_ASAN/smoginbox" --listen nonsense --cert server.pem --key server.key --client-ca tls-ca.pem --store store 2>err
is "no address: exit 2" 2 $?
"$BIN_ASAN/smoginbox" --listen 127.0.0.1:0 --cert none.pem --key server.key --client-ca tls-ca.pem --store store 2>err
is "no certificate: exit 3" 3 $?
echo "1..$n"
