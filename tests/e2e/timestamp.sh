#!/bin/bash
# Time stamps of an authority (RFC 3161) over checkpoints: good and bad answers, none of which may keep anything else waiting.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
sh "$ROOT/tests/shift/keys.sh" keys >/dev/null || exit 1
next=1
add_case() { (cd "$ROOT" && build/asan/tests/make_cases "$TMPDIR/state" $next 1) >/dev/null && next=$((next + 1)); }
db() { sqlite3 -readonly "$TMPDIR/state/smogd.db" "$1"; }
package() { echo "state/$(db "SELECT path FROM package WHERE case_id LIKE '%C00000$1'")"; }
status() { "$BIN_ASAN/smogctl" -c smogd.conf --json status 2>/dev/null | jq -r '.push[] | select(.about == "timestamp") | .text'; }
answer() { echo "$1" >tsa/mode; }
once() { "$BIN_ASAN/smogpush" -c smogd.conf --once 2>once.log; }
stamps() { db 'SELECT count(*) FROM timestamp'; }

# ---- an authority ----
mkdir tsa && cd tsa || exit 1
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }
new_key ca.key
openssl req -x509 -key ca.key -days 3650 -subj "/O=test stamps/CN=stamp root" -addext "keyUsage=critical,keyCertSign" -out ca.pem
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n' >tsa.ext
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n' >plain.ext
issue() { # issue NAME DAYS EXTENSIONS
    new_key "$1.key"
    openssl req -new -key "$1.key" -subj "/O=test stamps/CN=$1" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$2" -extfile "$3" -out "$1.pem" 2>/dev/null
}
issue tsa 365 tsa.ext
issue expired -1 tsa.ext
echo 01 >serial
cd ..
"${PYTHON:-/usr/bin/python3}" "$ROOT/tests/support/tsa_server.py" tsa >url &
ends_with_script $!
wait_for 20 grep -q http url || exit 1
write_config() {
    cat >smogd.conf <<EOF2
station { id = "652301-0007"  name = "长丰路联合执法站"  kind = joint  region = "652301"  state = "state" }
rules = {"hj845-2017"}   limit-class = a
seal { key = "keys/seal.key"  cert = "keys/seal.pem" }
timestamp { url = "${1:-$(cat url)}"  ca = "${2:-tsa/ca.pem}"  every-min = 60 ${3:-} }
EOF2
}

# ---- what is refused ----
add_case
write_config ftp://127.0.0.1/
once
is "another protocol than HTTP: exit 2" 2 $?
write_config https://127.0.0.1/
once
is "https without https-ca: exit 2" 2 $?
says "it says what is missing" once.log 'https-ca is missing'
write_config "" keys/seal.key
once
is "a ca without certificates: exit 2" 2 $?

# ---- bad answers ----
bad() { # bad MODE WORDS
    answer "$1"
    write_config
    once
    is "$1: sealing goes on: exit 0" 0 $?
    says "$1: it says what is wrong" once.log "$2"
    is "$1: no stamp is kept" 0 "$(stamps)"
}
bad nonce 'its nonce is not ours'
is "smogctl status tells" 1 "$(status | grep -c 'its nonce is not ours')"
bad imprint 'message imprint mismatch'
bad expired 'certificate has expired'
bad refuse 'the authority gives no time stamp'
bad garbage 'it is no answer of a time-stamp authority'
bad empty 'it is no answer of a time-stamp authority'
bad cut 'no answer\|cut off'
bad 500 'HTTP status 500'
answer good
openssl x509 -in tsa/tsa.csr -req -CA tsa/ca.pem -CAkey tsa/ca.key -CAcreateserial -days 9 -extfile tsa/plain.ext -out plain.pem 2>/dev/null
cp tsa/tsa.pem good.pem
write_config "" keys/ca.pem
once
says "an authority that is not the configured one" once.log 'time stamp of .*: certificate verify error'
write_config http://127.0.0.1:1/
once
is "an authority that is away: exit 0" 0 $?
says "it says so" once.log 'no connection'
answer silent
write_config
before=$(date +%s)
once
is "one that never answers: exit 0" 0 $?
[ $(($(date +%s) - before)) -lt 20 ]
ok "--once does not wait for ever" $?

# ---- good ones ----
answer slow
once
is "a slow answer is taken: exit 0" 0 $?
is "the stamp is kept" 1 "$(stamps)"
is "smogctl status is quiet again" "" "$(status)"
is "the question is one of RFC 3161" "slow application/timestamp-query" "$(tail -1 tsa/questions)"
answer good
asked=$(wc -l <tsa/questions)
once
is "nothing new: nothing is asked" "$asked" "$(wc -l <tsa/questions)"
"$BIN_ASAN/smogctl" -c smogd.conf --json journal checkpoint 2>/dev/null >checkpoint.json
is "smogctl shows how much is stamped" "$(db 'SELECT max(size) FROM timestamp')" "$(jq .timestamp.events checkpoint.json)"
is "and by whom" "CN=tsa,O=test stamps" "$(jq -r .timestamp.authority checkpoint.json)"
jq -j .timestamp.checkpoint checkpoint.json >note
jq -r .timestamp.token checkpoint.json | base64 -d >token.tsr
openssl ts -verify -data note -in token.tsr -CAfile tsa/ca.pem >out 2>&1
is "openssl ts verifies it" 0 $?

# ---- it goes with packages sealed later ----
add_case
once
mkdir x && unzip -q -d x "$(package 2)"
openssl ts -verify -data x/log/timestamp.note -in x/log/timestamp.tsr -CAfile tsa/ca.pem >out 2>&1
is "a later package carries it: openssl ts verifies" 0 $?
"$BIN_ASAN/smogverify" "$(package 2)" --ca keys/ca.pem --tsa-ca tsa/ca.pem >out
is "smogverify: exit 0" 0 $?
says "it names the authority" out '^ok .*time-stamp authority confirms.*CN=tsa'
"$BIN_ASAN/smogverify" "$(package 2)" --ca keys/ca.pem >out
is "without --tsa-ca: exit 0" 0 $?
says "a note" out '^note .*whose authority was not checked'
"$BIN_ASAN/smogverify" "$(package 2)" --ca keys/ca.pem --tsa-ca keys/ca.pem >out
is "another authority than the trusted: exit 1" 1 $?
says "it says so" out '^FAIL .*the time stamp does not hold'
is "the new checkpoint is stamped, too" 2 "$(stamps)"
"$BIN_ASAN/smogverify" "$(package 1)" --ca keys/ca.pem --tsa-ca tsa/ca.pem >out
is "a package without one verifies as before" 0 $?

# ---- beside the running daemon ----
answer silent
add_case
"$BIN_ASAN/smogpush" -c smogd.conf 2>push.log &
push=$!
ends_with_script $push
asked=$(wc -l <tsa/questions)
wait_for 20 sh -c "[ \"\$(wc -l <tsa/questions)\" -gt $asked ]"
ok "smogpush asks" $?
add_case
sealed() { [ "$(db 'SELECT count(*) FROM package')" = 4 ]; }
wait_for 20 sealed
ok "and seals while it has no answer" $?
kill -TERM $push
wait $push
is "and ends when told to" 0 $?
echo "1..$n"
