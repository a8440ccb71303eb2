#!/bin/sh
# deb.sh ROOT VERSION OUT: makes a Debian package OUT of what `make install DESTDIR=ROOT PREFIX=/usr` has put into ROOT.
#
# Dependencies are those of the programs' libraries (dpkg-shlibdeps). Nothing is started by the installation: a station
# must be configured first. Accounts and folders are made, what the station has stored is never removed.
set -eu
root=$(cd "$1" && pwd) version=$2 out=$3
mkdir -p "$(dirname "$out")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
architecture=$(dpkg --print-architecture)

# dpkg-shlibdeps wants to stand in a source package, and the programs in a package's folder
rm -rf "$root/DEBIAN"
mkdir -p "$root/DEBIAN"
mkdir -p "$work/source/debian"
printf 'Source: smogd\n\nPackage: smogd\nArchitecture: any\n' >"$work/source/debian/control"
libraries=$(cd "$work/source" && dpkg-shlibdeps -O "$root"/usr/bin/* | sed -n 's/^shlibs:Depends=//p')
[ -n "$libraries" ] || { echo "deb.sh: dpkg-shlibdeps found no dependencies of $root/usr/bin" >&2; exit 1; }

strip --strip-unneeded "$root"/usr/bin/* # the build id stays: what is installed can be told

cat >"$root/DEBIAN/control" <<EOF
Package: smogd
Version: $version
Architecture: $architecture
Maintainer: smogd <smogd@localhost>
Section: science
Priority: optional
Installed-Size: $(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)
Depends: $libraries, systemd
Recommends: fonts-wqy-microhei, fonts-dejavu-core, chrony | time-daemon
Suggests: softhsm2
Description: roadside emissions testing station whose records stand
 Runs the emission tests of a joint roadside team: reads the analyzers, guides
 the test, judges by dated rule packs, keeps the raw input under gap-free
 numbers, seals failed tests into evidence packages and delivers them to the
 police. Holds the station (smogd, smogpush, smogctl), the police's receiver
 (smoginbox), the verifier (smogverify) and a simulator of instruments.
EOF
cat >"$root/DEBIAN/postinst" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = configure ]; then
    systemd-sysusers smogd.conf
    # without a running systemd the folders are made all the same
    systemd-tmpfiles --create smogd.conf
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        udevadm control --reload || true
        # after an upgrade, what ran goes on with the new version
        [ -z "$2" ] || systemctl try-restart smogd smogpush smoginbox
    fi
fi
EOF
cat >"$root/DEBIAN/prerm" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --now smogd smogpush smoginbox || true
fi
EOF
cat >"$root/DEBIAN/postrm" <<'EOF'
#!/bin/sh
set -e
# Even when the package is purged these stay: they are evidence and keys.
if [ "$1" = purge ]; then
    for kept in /var/lib/smogd /var/lib/smoginbox /etc/smogd /etc/smoginbox; do
        [ ! -d "$kept" ] || echo "smogd: $kept is kept (records, packages, keys); delete it yourself if you may"
    done
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
EOF
chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
(cd "$root" && find usr etc -type f -printf '%P %p\n' | LC_ALL=C sort -k2 | cut -d' ' -f2- | xargs -r -d '\n' md5sum) >"$root/DEBIAN/md5sums"
chmod -R g-w,o-w "$root"
dpkg-deb --root-owner-group -Zxz --build "$root" "$out" >/dev/null
