#!/bin/bash
# The Debian package: what is in it, whose, what it needs, and that its programs find their data where it puts them.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
make -s -C "$ROOT" deb >made 2>err
ok "make deb" $?
is "nothing is wrong with it" "" "$(cat err)"
deb=$ROOT/$(tail -1 made)
is "its last word is the package" "build/smogd_$(cd "$ROOT" && sed -n 's/^VERSION := //p' Makefile)_$(dpkg --print-architecture).deb" "$(tail -1 made)"
dpkg-deb -I "$deb" >info
ok "dpkg-deb reads it" $?
dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/^ *//; s/ .*//' | sort >depends
dpkg-deb -x "$deb" x && dpkg-deb -e "$deb" c
# what each program is linked with, by the dynamic section; libssl comes in one package with libcrypto
for program in x/usr/bin/*; do objdump -p "$program" | sed -n 's/^ *NEEDED *//p'; done | sort -u >needed
while read -r library; do
    path=$(ldconfig -p | sed -n "s/^[[:space:]]*$library (.*x86-64.*) => //p; s/^[[:space:]]*$library (.*AArch64.*) => //p" | head -1)
    dpkg -S "$(readlink -f "$path")" "$path" 2>/dev/null | head -1 | sed 's/:.*//'
done <needed | sort -u >owners
is "every library's package is a dependency" "" "$(comm -23 owners depends | xargs)"
is "and nothing else but systemd" systemd "$(comm -13 owners depends | xargs)"
is "it names its version" "$(x/usr/bin/smogctl --version | grep -o '[0-9]*\.[0-9]*\.[0-9]*' | head -1)" "$(dpkg-deb -f "$deb" Version)"
is "all programs are there" "smogctl smogd smoginbox smogpush smogsim smogverify smogwitness" "$(cd x/usr/bin && echo *)"
is "units, accounts, folders, udev's rule" "" "$(for f in lib/systemd/system/{smogd,smogpush,smoginbox}.service lib/sysusers.d/smogd.conf lib/tmpfiles.d/smogd.conf lib/udev/rules.d/70-smogd.rules share/smogd/web/index.html share/smogd/rules/gb3847-2018.conf; do [ -s "x/usr/$f" ] || echo "$f"; done)"
is "no place in them is left open" "" "$(grep -rl '@PREFIX@' x)"
is "units start what is installed" "" "$(sed -n 's/^ExecStart\(Pre\)\?=\([^ ]*\).*/\2/p' x/usr/lib/systemd/system/*.service | while read -r p; do [ -x "x$p" ] || echo "$p"; done)"
is "all is root's, and nobody else may write" "" "$(dpkg-deb -c "$deb" | awk '$2 != "root/root" || substr($1, 6, 1) == "w" || substr($1, 9, 1) == "w"')"
(cd x && md5sum --quiet -c ../c/md5sums) >sums
ok "the sums are those of the files" $?
is "and of every file" "$(find x -type f | wc -l)" "$(wc -l <c/md5sums)"
for script in postinst prerm postrm; do sh -n c/$script || echo "$script"; done >broken
is "the installation's scripts can be read" "" "$(cat broken)"
is "none of them removes what a station has stored" "" "$(grep -nE '\brm\b|deluser|userdel' c/postinst c/prerm c/postrm)"
mkdir state
cat >smogd.conf <<EOF
station { id = "652301-0007"  name = "长丰路联合执法站"  kind = joint  region = "652301"  state = "$TMPDIR/state"  latitude = 44.01  longitude = 87.30 }
rules = {"gb3847-2018"}  limit-class = a
EOF
x/usr/bin/smogd -c smogd.conf --check >checked 2>&1
is "its smogd finds the law that came with it" 0 $?
newest=$(cd "$ROOT" && find Makefile protocols sensors reports station systemd -name node_modules -prune -o -type f -printf '%T@\n' | sort -n | tail -1)
is "no time in it is that of its making" "" "$(dpkg-deb -c "$deb" | awk '{print $4, $5}' | sort -u | while read -r t; do [ "$(date -d "$t" +%s)" -le "${newest%.*}" ] || echo "$t"; done)"

# ---- installed for real: in a copy of this machine that takes up no room and is gone with its mounts ----
cat >install.sh <<'EOF'
mount --make-rprivate / && mount -t tmpfs none "$PWD/away" && mkdir away/{new,work,root} || exit 77
mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/away/new,workdir=$PWD/away/work" away/root || exit 77
mount -t proc proc away/root/proc && mount --bind /dev away/root/dev && mkdir -p away/root/inside || exit 77
cp smogd.deb newer.deb "$ROOT"/tests/e2e/{deb_inside.sh,tap.sh} "$ROOT"/build/asan/tests/make_month away/root/inside || exit 1
n=$1 TMPDIR=/tmp chroot away/root /bin/bash /inside/deb_inside.sh /inside
EOF
mkdir away
cp "$deb" smogd.deb
dpkg-deb -R "$deb" again && sed -i 's/^Version: .*/&+1/' again/DEBIAN/control && dpkg-deb --root-owner-group -b again newer.deb >/dev/null
export ROOT
unshare -mpf --kill-child bash install.sh "$n" >inside.out 2>inside.err
if [ $? = 77 ]; then
    n=$((n + 1))
    echo "ok $n - it is installed, upgraded, removed and purged # SKIP this account may not make a copy of the machine: $(head -1 inside.err)"
else
    cat inside.out
    ran=$(grep -cE '^(not )?ok ' inside.out)
    [ "$ran" -ge 20 ] || sed 's/^/# /' inside.err
    n=$((n + ran))
    [ "$ran" -ge 20 ]
    ok "all of that was tried" $?
fi
echo "1..$n"
