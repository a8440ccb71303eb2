#!/bin/sh
# Throw-away keys for one station and one police inbox: keys.sh DIR
#
#   ca.pem                     the authority both sides trust
#   seal.key, seal.pem         seals packages and checkpoints (digital signature, content commitment)
#   sm2.key, sm2.pem           the second signature: SM2 with SM3, id 1234567812345678
#   push.key, push.pem         the station's TLS client certificate
#   inbox.key, inbox.pem       the police inbox's TLS server certificate for 127.0.0.1 and localhost
set -eu
dir=$1
mkdir -p "$dir"
cd "$dir"
umask 077
quiet() { "$@" 2>/dev/null; }
new_key() { quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
sign() { # name, subject, extensions
    new_key "$1.key"
    openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
    printf '%s\n' "basicConstraints=critical,CA:FALSE" "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid" "$3" >"$1.ext"
    quiet openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 365 -sha256 -extfile "$1.ext" -out "$1.pem"
    rm "$1.csr" "$1.ext"
}
new_key ca.key
openssl req -x509 -key ca.key -days 3650 -sha256 -subj "/C=CN/O=smogd demonstration/CN=smogd demonstration CA" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.pem
sign seal "/C=CN/O=smogd demonstration/OU=seal/CN=652301-0007" "keyUsage=critical,digitalSignature,nonRepudiation"
quiet openssl genpkey -algorithm SM2 -out sm2.key
openssl req -new -key sm2.key -sm3 -sigopt distid:1234567812345678 -subj "/C=CN/O=smogd demonstration/OU=seal/CN=652301-0007" -out sm2.csr
printf '%s\n' "basicConstraints=critical,CA:FALSE" "subjectKeyIdentifier=hash" "keyUsage=critical,digitalSignature,nonRepudiation" >sm2.ext
quiet openssl x509 -req -in sm2.csr -vfyopt distid:1234567812345678 -CA ca.pem -CAkey ca.key -CAcreateserial -days 365 -sha256 \
    -extfile sm2.ext -out sm2.pem
rm sm2.csr sm2.ext
sign push "/C=CN/O=smogd demonstration/CN=652301-0007" "keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth"
sign inbox "/C=CN/O=smogd demonstration/CN=127.0.0.1" "keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=IP:127.0.0.1,DNS:localhost"
