#!/bin/bash
# The README's recipe for checking a package with stock tools, run word for word; and smogverify built with nothing but OpenSSL.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
mkdir p && (cd "$ROOT" && build/asan/tests/make_package "$TMPDIR/p" 0) || exit 1
# the indented lines under the heading, less their indent
awk '/^## /{on = $0 == "## Checking a package without our software"} on && /^    /{print substr($0, 5)}' "$ROOT/README.md" >recipe
is "the README has a recipe" 0 "$(($(wc -l <recipe) < 20))"
says "it is about a package" recipe 'unzip -q case.asice'
recipe() { # recipe PACKAGE: what the README says, in a folder of its own
    rm -rf lab && mkdir lab && cp "$1" lab/case.asice && cp p/ca.pem lab/ca.pem
    (cd lab && bash ../recipe) >out 2>&1
}

for package in p/1.asice p/2.asice p/sm2.asice; do
    recipe $package
    ok "$package goes through" $?
done
says "the SM2 signature was checked" out 'Signature Verified Successfully'

# ---- what the recipe must refuse ----
forge() { # forge NAME: x/ in a container
    (cd x && zip -q -X0 "../$1.asice" mimetype && zip -q -X0rD "../$1.asice" . -x mimetype)
}
refuse() { # refuse NAME REASON: the recipe does not go through, and its last words say why
    recipe "$1.asice"
    [ $? != 0 ]
    ok "$1: does not go through" $?
    says "$1: $2" out "$2"
}
fresh() { rm -rf x && mkdir x && unzip -q "$1" -d x; }
fresh p/1.asice && sed -i 's/41.3/11.3/' x/readings.csv && forge altered && refuse altered 'readings.csv: FAILED'
fresh p/1.asice && echo more >x/photo.jpg && forge added && refuse added 'files that the list does not name'
fresh p/1.asice && rm x/readings.csv && forge removed && refuse removed 'readings.csv: FAILED open'
fresh p/1.asice && sed -i 's/record.json/recorD.json/' x/META-INF/ASiCManifest001.xml && forge relisted && refuse relisted 'CMS Verification failure'
fresh p/sm2.asice && printf '\1' | dd of=x/META-INF/signature002.sm2 bs=1 seek=20 conv=notrunc 2>/dev/null && forge sm2-altered && refuse sm2-altered 'Signature Verification Failure'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -subj "/CN=652301-0007" \
    -days 3650 2>/dev/null
fresh p/1.asice && openssl cms -sign -binary -cades -nosmimecap -signer other.pem -inkey other.key -in x/META-INF/ASiCManifest001.xml \
    -outform DER -out x/META-INF/signature001.p7s 2>/dev/null && forge resigned && refuse resigned 'CMS Verification failure'
# the station's own seal over a proof that leads nowhere
cp p/wrong-proof.asice . && refuse wrong-proof 'not in the journal'

# ---- alone ----
mkdir alone
(cd "$ROOT" && env -i PATH=/usr/bin:/bin make --no-print-directory -j2 -n B="$TMPDIR/alone" V=1 smogverify) >commands 2>&1
ok "make smogverify knows what to do" $?
is "no other library is linked" "-lcrypto -lm" "$(grep -o ' -l[a-z0-9_+.-]*' commands | tr -d ' ' | sort -u | paste -sd' ')"
is "the headers are of the C library, OpenSSL and our own" "libc6-dev libssl-dev linux-libc-dev" "$(cd "$ROOT" &&
    grep -o '[^ ]*\.c -o' "$TMPDIR/commands" | cut -d' ' -f1 | sort -u | xargs gcc -I. -D_POSIX_C_SOURCE=200809L -M |
    tr -d '\\' | tr ' ' '\n' | grep '^/usr/include' | sort -u | xargs dpkg -S | cut -d: -f1 | sort -u | paste -sd' ')"
is "what smogverify needs at run time" "libc libcrypto" "$(objdump -p "$BIN/smogverify" |
    awk '/NEEDED/{sub(/\.so.*/, "", $2); print $2}' | grep -v -e ld-linux -e '^libm$' | sort | paste -sd' ')"
# and in earnest: in a tree that has these files and no others
files=$(cd "$ROOT" && grep -o '[^ ]*\.c -o' "$TMPDIR/commands" | cut -d' ' -f1 | sort -u | xargs gcc -I. -D_POSIX_C_SOURCE=200809L -MM |
    tr -d '\\' | tr ' ' '\n' | grep '\.[ch]$' | sort -u)
# shellcheck disable=SC2086 # names of ours, without spaces
mkdir tree && (cd "$ROOT" && cp --parents Makefile $files "$TMPDIR/tree")
(cd tree && env -i PATH=/usr/bin:/bin make -s -j2 VARIANT=o0 smogverify) >built 2>&1
ok "it is built from a tree with its own files alone" $?
tree/build/o0/bin/smogverify p/1.asice --ca p/ca.pem >out
is "and verifies: exit 0" 0 $?
echo "1..$n"
