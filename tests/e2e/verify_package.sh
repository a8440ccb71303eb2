#!/bin/bash
# smogverify and stock tools on whole packages: exit codes, sentences, JSON, forgeries made with zip and openssl.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
mkdir p && (cd "$ROOT" && build/asan/tests/make_package "$TMPDIR/p" 0) || exit 1
verify() { "$BIN_ASAN/smogverify" "$@" >out 2>err; }

# ---- a good package ----
verify p/1.asice --ca p/ca.pem
is "a good package: exit 0" 0 $?
says "it says so" out '^VERIFIED\.'
says "and in Chinese" out '^检验通过'
says "every entry has its line" out '^        wire/rsd1.rec$'
is "the answer stands at the top" "VERIFIED. It is genuine, complete and unaltered." "$(head -1 out)"
says "then the vehicle" out '车辆号牌 vehicle: 新B12345'
verify p/1.asice --ca p/seal.pem
is "the station's own certificate is proof enough" 0 $?
verify --json p/1.asice --ca p/ca.pem
is "JSON: exit 0" 0 $?
is "JSON: verified" true "$(jq .verified out)"
is "JSON: digest of the package" "$(sha256sum p/1.asice | cut -d' ' -f1)" "$(jq -r .package_sha256 out)"
is "JSON: verdict" suspect "$(jq -r .verdict out)"


# ---- the published rules ----
verify p/1.asice --ca p/ca.pem --reference "$ROOT/station/rules/hj845-2017.conf" --reference "$ROOT/sensors/profiles/rsd-pinyin.conf"
is "the published rules: exit 0" 0 $?
says "they are told" out 'ok    rules/hj845-2017.conf is the published one'
sed 's/{ a = 30  /{ a = 90  /' "$ROOT/station/rules/hj845-2017.conf" >hj845-2017.conf
verify p/1.asice --ca p/ca.pem --reference hj845-2017.conf
is "other rules were published: exit 1" 1 $?
says "it says so" out 'FAIL  rules/hj845-2017.conf is NOT the published one'
verify p/1.asice --ca p/ca.pem --reference "$ROOT/station/rules/gb3847-2018.conf"
is "a reference for another pack decides nothing: exit 1" 1 $?
says "it was not compared" out '???? .*was not compared'

# ---- stock tools alone ----
mkdir x && (cd x && unzip -q ../p/1.asice)
ok "unzip opens it" $?
openssl cms -verify -cades -binary -inform DER -in x/META-INF/signature001.p7s -content x/META-INF/ASiCManifest001.xml \
    -CAfile p/ca.pem -purpose any -attime 1782869405 -out /dev/null 2>err
ok "openssl cms verifies it" $?
python3 - x <<'P'
import base64, hashlib, re, sys
text = open(sys.argv[1] + "/META-INF/ASiCManifest001.xml").read()
pairs = re.findall(r'DataObjectReference URI="([^"]+)".*?DigestValue>([^<]+)<', text, re.S)
assert len(pairs) == 6, pairs
for name, value in pairs:
    assert base64.b64decode(value) == hashlib.sha256(open(sys.argv[1] + "/" + name, "rb").read()).digest(), name
P
ok "the manifest's digests are those of the files" $?

# ---- usage ----
verify p/1.asice
is "no --ca: exit 2" 2 $?
verify p/1.asice --ca p/ca.pem --what
is "unknown option: exit 2" 2 $?
says "it is named" err "'--what' is not understood"
verify p/none.asice --ca p/ca.pem
is "no such package: exit 3" 3 $?
verify p/1.asice --ca p/none.pem
is "no such certificate: exit 3" 3 $?
verify p/1.asice --ca p/1.asice
is "a certificate file without one: exit 2" 2 $?
verify --help
is "--help: exit 0" 0 $?
verify --version
says "--version names the binary's digest" out "sha256 $(sha256sum "$BIN_ASAN/smogverify" | cut -d' ' -f1)"

# ---- forgeries with everyday tools ----
cp -r x forged && sed -i 's/41.3/11.3/' forged/readings.csv
(cd forged && zip -q -X0 ../forged.asice mimetype && zip -q -X0rD ../forged.asice . -x mimetype)
verify forged.asice --ca p/ca.pem
is "readings altered with zip: exit 1" 1 $?
says "the entry is named" out 'FAIL  readings.csv was altered after it was signed'
(cd x && zip -q -X0 ../plain.asice mimetype && zip -q -X0rD ../plain.asice . -x mimetype)
verify plain.asice --ca p/ca.pem
is "packed anew with zip, nothing altered: still good" 0 $?
(cd x && zip -q -X0 ../deflated.asice mimetype && zip -q -X9rD ../deflated.asice . -x mimetype)
verify deflated.asice --ca p/ca.pem
is "compressed: exit 1" 1 $?
says "it says why" out 'is compressed'
ln -s /etc/passwd forged/link
(cd forged && zip -q -X0 ../link.asice mimetype && zip -q -X0ryD ../link.asice . -x mimetype)
verify link.asice --ca p/ca.pem
is "with a symbolic link: exit 1" 1 $?
says "the link is named" out 'link has extra ZIP fields, or is not a regular file'
head -c -1 p/1.asice >short.asice
verify short.asice --ca p/ca.pem
is "a byte short: exit 1" 1 $?
{ cat p/1.asice; echo; } >long.asice
verify long.asice --ca p/ca.pem
is "a byte added: exit 1" 1 $?
: >empty.asice
verify empty.asice --ca p/ca.pem
is "an empty file: exit 1" 1 $?
truncate -s 100M huge.asice
verify huge.asice --ca p/ca.pem
is "a huge file: exit 1" 1 $?

# ---- another authority, another signature ----
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -subj "/CN=652301-0007" \
    -days 3650 2>/dev/null
verify p/1.asice --ca other.pem
is "another authority: exit 1" 1 $?
says "the certificate is not confirmed" out 'FAIL .*certificate is not confirmed'
cp -r x resigned
openssl cms -sign -binary -cades -nosmimecap -signer other.pem -inkey other.key -in x/META-INF/ASiCManifest001.xml -outform DER \
    -out resigned/META-INF/signature001.p7s 2>/dev/null
(cd resigned && zip -q -X0 ../resigned.asice mimetype && zip -q -X0rD ../resigned.asice . -x mimetype)
verify resigned.asice --ca p/ca.pem
is "signed anew by a stranger: exit 1" 1 $?
verify resigned.asice --ca other.pem
is "even when the stranger is trusted: the journal is not his" 1 $?
says "the journal tells" out 'FAIL .*journal is not this station'

# ---- checkpoints ----
verify p/1.asice --ca p/ca.pem --checkpoint p/checkpoint-3
is "the same checkpoint: exit 0" 0 $?
unzip -p p/1.asice log/proof.json | jq -r .checkpoint >from-package
verify p/1.asice --ca p/ca.pem --checkpoint from-package
is "the one that jq takes out of the package: exit 0" 0 $?
verify p/2.asice --ca p/ca.pem --checkpoint p/checkpoint-3
is "an older checkpoint, the path is in the package: exit 0" 0 $?
verify p/3.asice --ca p/ca.pem --checkpoint p/checkpoint-3
is "an older checkpoint without a path: exit 1" 1 $?
says "it asks for a proof" out '???? .*smogctl journal checkpoint --consistency'
verify p/3.asice --ca p/ca.pem --checkpoint p/checkpoint-3 --consistency p/consistency-3-6.json
is "with the station's proof: exit 0" 0 $?
verify p/1.asice --ca p/ca.pem --checkpoint p/checkpoint-2 --consistency p/consistency-2-6.json
is "a proof for one of the two: exit 1" 1 $?
verify p/1.asice --ca p/ca.pem --checkpoint p/checkpoint-2 --consistency p/consistency-2-6.json --consistency p/consistency-3-6.json
is "proofs from both to the same checkpoint: exit 0" 0 $?
verify p/rewritten.asice --ca p/ca.pem
is "a rewritten journal looks well by itself: exit 0" 0 $?
verify p/rewritten.asice --ca p/ca.pem --checkpoint p/checkpoint-6
is "but not to who knows the old one: exit 1" 1 $?
says "it says so" out 'FAIL .*does NOT agree'

# ---- an exported journal ----
verify p/journal --ca p/seal.pem --checkpoint p/checkpoint-6
is "a journal: exit 0" 0 $?
says "its numbers are without a gap" out '^ok .*6 events; every test and passage has its number'
verify p/journal --ca p/seal.pem --checkpoint p/checkpoint-3
is "by an older checkpoint: exit 0" 0 $?
says "it says what is not covered" out '^note .*3 later events are not covered'
verify p/journal --ca p/ca.pem --checkpoint p/checkpoint-6
is "without the station's certificate: exit 1" 1 $?
says "it says which to give" out "give the station's sealing certificate"
verify p/journal --ca p/seal.pem
is "without a checkpoint: exit 1" 1 $?
sed 's/P00000002/P00000009/' p/journal >renamed
verify renamed --ca p/seal.pem --checkpoint p/checkpoint-6
is "an event altered: exit 1" 1 $?
says "the number tells" out '^FAIL .*Event 5 does not follow'
says "the root tells" out '^FAIL .*are not the ones that the station signed'
sed 3d p/journal >shortened
verify shortened --ca p/seal.pem --checkpoint p/checkpoint-6
is "an event taken out: exit 1" 1 $?
says "there are too few" out '^FAIL .*the file has fewer'
head -c -1 p/journal >cut
verify cut --ca p/seal.pem --checkpoint p/checkpoint-6
is "the last byte missing: exit 1" 1 $?
verify --json p/journal --ca p/seal.pem --checkpoint p/checkpoint-6
is "JSON of a journal" true "$(jq .verified out)"

echo "1..$n"
