#!/bin/sh
# Builds the Debian package, source and binary, from a tarball of `make dist`: contrib/deb.sh TARBALL
# Everything is made in build/deb; the packages that the build needs are named if they are missing.
set -eu
tarball=$1
name=$(basename "$tarball" .tar.gz)
version=${name#dfota-}
work=build/deb

if ! command -v dh >/dev/null; then
  echo "deb: debhelper is missing; type: contrib/deps.sh deb" >&2
  exit 1
fi

rm -rf "$work"
mkdir -p "$work"
cp "$tarball" "$work/dfota_$version.orig.tar.gz"
tar -xzf "$tarball" -C "$work"
cp -R "$work/$name/contrib/debian" "$work/$name/debian"
(cd "$work/$name" && dpkg-buildpackage -us -uc)
ls "$work"/*.deb
