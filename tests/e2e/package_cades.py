#!/usr/bin/python3
"""The package read by tools that are not ours: Python's zipfile and XML parser, and asn1crypto for the signature. What ETSI EN 319 162-1
asks of an ASiC-E container with CAdES and EN 319 122-1 of a baseline B signature is there; openssl agrees."""
import base64
import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

from asn1crypto import cms, pem, tsp, x509

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import ROOT, Tap  # noqa: E402

ASIC = "{http://uri.etsi.org/02918/v1.2.1#}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
tap = Tap()
folder = os.path.join(os.environ["TMPDIR"], "p")


def read_container(archive):
    """The signed list of contents, its bytes and its signature's."""
    names = archive.namelist()
    first = archive.infolist()[0]
    tap.equal((names[0], first.header_offset, first.compress_type, first.extra), ("mimetype", 0, zipfile.ZIP_STORED, b""),
              "mimetype is the first entry, stored, without extra fields (annex A.1)")
    tap.equal(archive.read("mimetype"), b"application/vnd.etsi.asic-e+zip", "and says what this is")
    tap.equal(archive.testzip(), None, "every entry has its checksum")
    manifests = [n for n in names if n.startswith("META-INF/") and "ASiCManifest" in n]
    tap.equal(len(manifests), 1, "there is one ASiCManifest in META-INF (clause 4.4)")
    manifest = archive.read(manifests[0])
    root = ElementTree.fromstring(manifest)
    tap.equal((root.tag, [c.tag for c in root][0]), (ASIC + "ASiCManifest", ASIC + "SigReference"), "it is in ETSI's namespace, SigReference first (annex A.4)")
    signature = root.find(ASIC + "SigReference").get("URI")
    tap.result(signature in names and signature.startswith("META-INF/") and "signature" in signature and signature.endswith(".p7s"),
               "the signature that it names is there, as META-INF/*signature*.p7s", signature)
    listed = {}
    for reference in root.findall(ASIC + "DataObjectReference"):
        if reference.find(DSIG + "DigestMethod").get("Algorithm") == "http://www.w3.org/2001/04/xmlenc#sha256":
            listed[reference.get("URI")] = base64.b64decode(reference.find(DSIG + "DigestValue").text)
    others = {n: hashlib.sha256(archive.read(n)).digest() for n in names if n != "mimetype" and not n.startswith("META-INF/")}
    tap.equal(listed, others, "every data object is listed with its digest, and nothing else")
    return manifest, archive.read(signature)


def read_signature(der, manifest):
    info = cms.ContentInfo.load(der, strict=True)
    tap.equal(info["content_type"].native, "signed_data", "the signature is CMS SignedData")
    signed = info["content"]
    tap.equal((signed["encap_content_info"]["content_type"].native, signed["encap_content_info"]["content"].native), ("data", None),
              "detached, over plain data (EN 319 122-1, 5.1.1)")
    tap.equal((len(signed["signer_infos"]), [a["algorithm"].native for a in signed["digest_algorithms"]]), (1, ["sha256"]), "one signer, SHA-256")
    signer = signed["signer_infos"][0]
    attributes = {a["type"].native: a["values"] for a in signer["signed_attrs"]}
    tap.equal(attributes["content_type"][0].native, "data", "content-type is signed (5.1.1)")
    tap.equal(attributes["message_digest"][0].native, hashlib.sha256(manifest).digest(), "message-digest is the list's (5.1.2)")
    tap.result("signing_time" in attributes, "signing-time is signed (5.2.1, baseline B)")
    certificates = [c.chosen for c in signed["certificates"] if c.name == "certificate"]
    ess = attributes["signing_certificate_v2"][0]["certs"][0]
    tap.equal(ess["hash_algorithm"]["algorithm"].native, "sha256", "signing-certificate-v2 is signed (5.2.2.3)")
    own = [c for c in certificates if hashlib.sha256(c.dump()).digest() == ess["cert_hash"].native]
    tap.equal(len(own), 1, "it names one of the certificates that come with the signature")
    sid = signer["sid"].chosen
    tap.equal((sid["issuer"].dump(), sid["serial_number"].native), (own[0].issuer.dump(), own[0].serial_number), "which is the signer's")
    tap.equal((own[0].public_key.algorithm, own[0].public_key.curve, signer["signature_algorithm"]["algorithm"].native),
              ("ec", ("named", "secp256r1"), "sha256_ecdsa"), "ECDSA on P-256 with SHA-256")
    tap.result("signing_certificate" not in attributes, "the old signing-certificate attribute (SHA-1) is not there")
    der_set = signer["signed_attrs"].untag().dump()
    tap.equal(sorted(a.dump() for a in signer["signed_attrs"]), [a.dump() for a in signer["signed_attrs"]], "the signed attributes are DER: a sorted set")
    return own[0], der_set, signer["signature"].native


def check_with_openssl(certificate, der_set, signature):
    """The signature over the attributes, by nothing but the key: what any CAdES validator does."""
    for name, data in (("attributes", der_set), ("signature", signature), ("cert.pem", pem.armor("CERTIFICATE", certificate.dump()))):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    key = subprocess.run(["openssl", "x509", "-in", "cert.pem", "-pubkey", "-noout"], cwd=folder, stdout=subprocess.PIPE, check=True).stdout
    with open(os.path.join(folder, "key.pem"), "wb") as file:
        file.write(key)
    done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "attributes"], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    tap.result(done.returncode == 0 and "Verified OK" in done.stdout, "the key signed exactly these attributes", done.stdout)
    usage = x509.Certificate.load(certificate.dump()).key_usage_value
    tap.result(usage is None or {"digital_signature", "non_repudiation"} & set(usage.native), "and may sign")


assert tsp  # its import gives cms the attribute signing-certificate-v2
os.mkdir(folder)
subprocess.run([os.path.join(ROOT, "build/asan/tests/make_package"), folder, "0"], cwd=ROOT, check=True)
with tap.step("a package"), zipfile.ZipFile(os.path.join(folder, "1.asice")) as package:
    contents, der = read_container(package)
    check_with_openssl(*read_signature(der, contents))
tap.end()
