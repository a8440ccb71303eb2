#!/bin/bash
# The second signature (SM2 with SM3): made by smogpush, checked with unzip and openssl alone, then by smogverify.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
sh "$ROOT/tests/shift/keys.sh" keys >/dev/null || exit 1
(cd "$ROOT" && build/asan/tests/make_cases "$TMPDIR/state" 1 1) >/dev/null || exit 1
write_config() {
    cat >smogd.conf <<EOF2
station { id = "652301-0007"  name = "长丰路联合执法站"  kind = joint  region = "652301"  state = "state" }
rules = {"hj845-2017"}   limit-class = a
seal { key = "keys/seal.key"  cert = "keys/seal.pem"  $1 }
EOF2
}
once() { "$BIN_ASAN/smogpush" -c smogd.conf --once 2>once.log; }

# ---- what it refuses ----
write_config 'sm2-key = "keys/seal.key"  sm2-cert = "keys/seal.pem"'
once
is "a P-256 key as SM2 key: exit 2" 2 $?
says "it says how to make one" once.log 'keys/seal.key: .*openssl genpkey -algorithm SM2'
write_config 'sm2-key = "keys/sm2.key"'
once
is "an SM2 key without its certificate: exit 2" 2 $?
write_config 'sm2-key = "keys/sm2.key"  sm2-cert = "keys/sm2.pem"'
chmod 640 keys/sm2.key
once
is "an SM2 key that others can read: exit 2" 2 $?
says "it says what to do" once.log 'run: chmod 600 .*keys/sm2.key'
chmod 600 keys/sm2.key

# ---- stock tools alone ----
once
is "it seals: exit 0" 0 $?
package=state/$(sqlite3 -readonly state/smogd.db "SELECT path FROM package")
mkdir x && unzip -q -d x "$package"
ok "unzip opens the package" $?
manifest=x/META-INF/ASiCManifest001.xml
signature=x/META-INF/signature002.sm2
openssl cms -verify -cades -binary -inform DER -in x/META-INF/signature001.p7s -content $manifest -CAfile keys/ca.pem -purpose any \
    -out /dev/null 2>cms.log
ok "openssl cms verifies the first signature" $?
openssl x509 -in $signature.pem -pubkey -noout >sm2.pub
sm2_verify() { openssl pkeyutl -verify -pubin -inkey sm2.pub -rawin -digest sm3 -in "$1" -sigfile $signature "${@:2}" 2>&1; }
sm2_verify $manifest -pkeyopt distid:1234567812345678 >out
is "openssl pkeyutl verifies the second" 0 $?
sm2_verify $manifest -pkeyopt distid:1234567812345679 >out
is "but not with another id" 1 $?
sed 's/record/rekord/' $manifest >altered.xml
sm2_verify altered.xml -pkeyopt distid:1234567812345678 >out
is "nor another manifest" 1 $?
digests() { # digests algorithm: name and digest in hex, of each entry that the manifest lists
    tr -d '\n' <$manifest | sed 's/<asic:DataObjectReference URI="/\n/g' | grep "$1" |
        sed -n 's|^\([^"]*\)".*<ds:DigestValue>\([^<]*\)<.*|\2 \1|p' |
        while read -r digest name; do echo "$(base64 -d <<<"$digest" | od -An -vtx1 | tr -d ' \n') $name"; done
}
digests 1.2.156.10197.1.401 >listed
(cd x && find . -type f ! -name mimetype ! -name ASiCManifest001.xml ! -name 'signature001.p7s' ! -name 'signature002.sm2' |
    sed 's|^\./||' | while read -r name; do echo "$(openssl dgst -sm3 -r "$name" | cut -d' ' -f1) $name"; done) >computed
is "openssl dgst -sm3 finds every entry as the manifest says" "$(sort computed)" "$(sort listed)"
digests xmlenc#sha256 | sed 's/ /  /' >sums
(cd x && sha256sum --quiet -c ../sums)
ok "and so does sha256sum" $?
is "each entry is listed with both" "$(wc -l <listed)" "$(wc -l <sums)"

# ---- smogverify ----
"$BIN_ASAN/smogverify" "$package" --ca keys/ca.pem >out
is "smogverify: exit 0" 0 $?
says "it names the second signer" out '^ok    The second signature (SM2 with SM3) is genuine: .*CN=652301-0007'
cp "$package" stripped.asice
zip -q -d stripped.asice META-INF/signature002.sm2
"$BIN_ASAN/smogverify" stripped.asice --ca keys/ca.pem >out
is "without the second signature: exit 1" 1 $?
echo "1..$n"
