#!/bin/bash
# Sealing keys in use: systemd credentials, certificates that are renewed or end, a key on a PKCS#11 token (SoftHSM).
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
sh "$ROOT/tests/shift/keys.sh" keys >/dev/null || exit 1
next=1
add_case() { (cd "$ROOT" && build/asan/tests/make_cases "$TMPDIR/state" $next 1) >/dev/null && next=$((next + 1)); }
db() { sqlite3 -readonly "$TMPDIR/state/smogd.db" "$1"; }
packages() { db 'SELECT count(*) FROM package'; }
package() { echo "state/$(db "SELECT path FROM package WHERE case_id LIKE '%C00000$1'")"; }
verifies() { "$BIN_ASAN/smogverify" "$(package "$1")" --ca keys/ca.pem >verified && ! grep -q '^fail' verified; }
write_config() {
    cat >smogd.conf <<EOF2
station { id = "652301-0007"  name = "长丰路联合执法站"  kind = joint  region = "652301"  state = "state" }
rules = {"hj845-2017"}   limit-class = a
seal { $1 }
EOF2
}
once() { "$BIN_ASAN/smogpush" -c smogd.conf --once 2>once.log; }
status() { "$BIN_ASAN/smogctl" -c smogd.conf --json status 2>/dev/null | jq -r ".push[] | select(.about == \"$1\") | .text"; }
start_push() {
    "$BIN_ASAN/smogpush" -c smogd.conf 2>push.log &
    push=$!
    ends_with_script $push
}
stop_push() {
    kill -TERM $push
    wait $push
}
sealed() { [ "$(packages)" = "$1" ]; }
renew() { # renew DAYS EXTENSION [SUBJECT]: another pair in new.key and new.pem, good from yesterday
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out new.key 2>/dev/null
    chmod 600 new.key
    openssl req -new -key new.key -subj "/C=CN/O=smogd demonstration/CN=${3:-652301-0007}" -out new.csr
    printf 'basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\n%s\n' "$2" >new.ext
    openssl x509 -req -in new.csr -CA keys/ca.pem -CAkey keys/ca.key -CAcreateserial -days "$1" -sha256 -extfile new.ext -out new.pem 2>/dev/null
}
usage='keyUsage=critical,digitalSignature,nonRepudiation'
check() { "$BIN_ASAN/smogd" -c smogd.conf --check >out 2>err; }

# ---- what is refused ----
write_config 'key = "keys/seal.key"  cert = "keys/seal.pem"'
check
is "smogd --check takes the seal: exit 0" 0 $?
renew 365 "$usage" 652301-0008
write_config 'key = "new.key"  cert = "new.pem"'
check
is "--check refuses another station's certificate: exit 2" 2 $?
says "it says whose it is" err 'new.pem: .*station 652301-0008'
add_case
once
is "so does smogpush: exit 2" 2 $?
renew 365 'keyUsage=critical,keyAgreement'
check
is "a certificate that may not sign: exit 2" 2 $?
renew 365 "$usage
extendedKeyUsage=serverAuth"
check
says "a certificate of TLS" err 'limited to other duties'
renew 10 "$usage"
check
is "one that ends soon is good: exit 0" 0 $?
says "but told" err 'expires on .*in \(9\|10\) days; have its successor made'
write_config 'key = "new.key"  cert = "new.pem"  warn-days = 5'
check
is "not before warn-days" "" "$(cat err)"

# ---- systemd's credentials ----
mkdir credentials && cp keys/seal.key credentials/seal.key
write_config 'key = "credential:seal.key"  cert = "keys/seal.pem"'
once
is "no credentials: exit 3" 3 $?
says "it says what to put into the unit" once.log 'LoadCredential=seal.key:FILE'
CREDENTIALS_DIRECTORY=$TMPDIR/credentials once
is "with them it seals: exit 0" 0 $?
verifies 1
ok "and the package verifies" $?

cp keys/seal.pem credentials/seal.pem
write_config 'key = "credential:seal.key"  cert = "credential:seal.pem"'
CREDENTIALS_DIRECTORY=$TMPDIR/credentials "$BIN/smogctl" -c smogd.conf history export -o history.jsonl >exported 2>&1
is "history export takes the certificate from a credential, too: exit 0" 0 $?
"$BIN/smogctl" -c smogd.conf history export -o history.jsonl 2>err
is "without it: exit 3" 3 $?
says "it says who can read it" err 'credential:seal.pem: only smogpush and root can read it'
write_config 'key = "keys/seal.key"  cert = "keys/seal.pem"'

# ---- renewal ----
cp keys/seal.key in-use.key && cp keys/seal.pem in-use.pem
write_config 'key = "in-use.key"  cert = "in-use.pem"'
start_push
add_case
wait_for 20 sealed 2
ok "smogpush seals" $?
renew 365 "$usage"
cp new.key in-use.key
add_case
wait_for 20 sealed 3
ok "with half a new pair it seals on" $?
says "and says why" push.log 'the pair before stays in use: in-use.pem: is not the certificate of the key in in-use.key'
status certificate >note
says "smogctl status, too" note 'the pair before stays in use'
cp new.pem in-use.pem
add_case
wait_for 20 sealed 4
ok "with the whole pair, too" $?
says "it says which certificate is in use" push.log 'in-use.pem: sealing with .*valid until'
stop_push
signer() { unzip -p "$(package "$1")" META-INF/signature001.p7s | openssl pkcs7 -inform DER -print_certs 2>/dev/null | openssl x509 -noout -serial; }
is "half a pair: the old certificate" "$(openssl x509 -in keys/seal.pem -noout -serial)" "$(signer 3)"
is "the whole pair: the new one" "$(openssl x509 -in new.pem -noout -serial)" "$(signer 4)"
verifies 3 && verifies 4
ok "old and new packages verify" $?
unzip -p "$(package 3)" log/proof.json | jq -j .checkpoint >old.checkpoint
"$BIN_ASAN/smogverify" "$(package 4)" --ca keys/ca.pem --checkpoint old.checkpoint >out
is "the new package's journal continues that of the old key" 0 $?
before=$(db 'SELECT max(size) FROM checkpoint')
cp keys/seal.key in-use.key && cp keys/seal.pem in-use.pem
once
is "a new key and no news: exit 0" 0 $?
"$BIN_ASAN/smogctl" -c smogd.conf history export -o history 2>err
is "the newest checkpoint is of the key in use: a history can be exported" 0 $?
is "no event was needed for it" "$before" "$(db 'SELECT max(size) FROM checkpoint')"

# ---- the end of a certificate ----
openssl x509 -req -in new.csr -CA keys/ca.pem -CAkey keys/ca.key -CAcreateserial -days -1 -sha256 -extfile new.ext -out in-use.pem 2>/dev/null
cp new.key in-use.key
add_case
once
is "an expired certificate: exit 1" 1 $?
says "it says what to do" once.log 'has expired; nothing is sealed until its successor lies in its place; cases wait'
is "nothing was sealed" 4 "$(packages)"
status seal >note
says "smogctl status tells" note 'has expired'
start_push
wait_for 20 grep -q expired push.log
cp new.pem in-use.pem
kill -HUP $push
wait_for 20 sealed 5
ok "with a new one it goes on by itself" $?
told() { [ -z "$(status seal)" ]; }
wait_for 20 told
ok "and smogctl status is quiet again" $?
stop_push

# ---- a token ----
export SOFTHSM2_CONF=$TMPDIR/softhsm.conf
mkdir tokens && printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$TMPDIR" >softhsm.conf
{
    softhsm2-util --init-token --free --label smogd --so-pin 12345678 --pin 976431
    softhsm2-util --import keys/seal.key --token smogd --label seal --id a1 --pin 976431
} >softhsm.log 2>&1 || cat softhsm.log
(umask 077 && echo 976431 >pin)
module=/usr/lib/softhsm/libsofthsm2.so
token() { write_config "key = \"pkcs11:token=${1:-smogd};object=${2:-seal}?pin-source=$TMPDIR/pin&module-path=$module\"  cert = \"keys/seal.pem\"  ${3:-}"; }
add_case
write_config "key = \"pkcs11:token=smogd;object=seal?pin-value=976431&module-path=$module\"  cert = \"keys/seal.pem\""
once
is "a PIN in the configuration: exit 2" 2 $?
says "it says where it belongs" once.log 'pin-source=FILE'
token smogd absent
once
is "a key that the token has not: exit 2" 2 $?
says "it says so" once.log 'no such EC private key is on the token'
token smogd seal
chmod 644 pin
once
is "a PIN that others can read: exit 2" 2 $?
chmod 600 pin
sed -i 's|cert = .*|cert = "new.pem" }|' smogd.conf
once
is "another key's certificate: exit 2" 2 $?
says "it says so" once.log "the key on the token is not the certificate's"
token smogd seal 'sm2-key = "pkcs11:token=smogd"  sm2-cert = "keys/sm2.pem"'
once
is "SM2 on a token: exit 2" 2 $?
token away
once
is "a token that is not there: exit 1" 1 $?
says "it says so" once.log 'pkcs11:token=away;object=seal: no such token is there; plug it in'
token smogd seal
echo 000000 >pin
once
is "a wrong PIN: exit 1" 1 $?
says "it is not tried again" once.log 'it is not tried again, lest the token lock: correct .*/pin'
echo 976431 >pin
once
is "the right PIN: exit 0" 0 $?
verifies 6
ok "a package sealed by the token verifies" $?

# ---- taken out and put back ----
start_push
add_case
wait_for 20 sealed 7
ok "smogpush seals with the token" $?
mv tokens taken-out && mkdir tokens
add_case
wait_for 20 grep -q 'pkcs11:token=smogd;object=seal: ' push.log
ok "the token is taken out: smogpush says so" $?
add_case
is "cases wait" 7 "$(packages)"
told() { status seal | grep -q pkcs11; }
wait_for 20 told
ok "smogctl status tells" $?
rmdir tokens && mv taken-out tokens
wait_for 20 sealed 9
ok "it is put back: the cases are sealed" $?
verifies 7 && verifies 8 && verifies 9
ok "and verify" $?
stop_push
cat push.log once.log smogd.conf >all.log
! grep -q '976431' all.log state/smogd.db
ok "the PIN stands nowhere" $?

# ---- the certificate that a receiver is shown ----
renew 10 "$usage"
write_config 'key = "keys/seal.key"  cert = "keys/seal.pem"'
outlet() { echo "outlet police { kind = package-rest  url = \"https://127.0.0.1:1/packages\"  ca = \"keys/ca.pem\"  cert = \"$1.pem\"  key = \"$1.key\" }" >>smogd.conf; }
outlet new
once
status "certificate police" >text
says "an outlet's certificate that ends soon is told in the status" text 'outlet police shows its receiver expires on .*in \(9\|10\) days'
says "and in the log" once.log 'outlet police shows its receiver expires'
write_config 'key = "keys/seal.key"  cert = "keys/seal.pem"  warn-days = 5'
outlet new
once
is "not before warn-days" "" "$(status 'certificate police')"
renew -1 "$usage"
once
status "certificate police" >text
says "one that has ended, too" text 'has expired on .*until its successor lies in its place'
renew 365 "$usage"
once
is "its successor is in its place: nothing is told any more" "" "$(status 'certificate police')"
echo "1..$n"
