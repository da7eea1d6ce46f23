#!/bin/sh
# The whole job without hardware: a simulated module is updated to the next revision.
set -eu
: "${LUA:=lua5.4}"
from=MC65FAR01A01 to=MC65FAR01A02
package=build/demo.pack ledger=build/demo.db

mkdir -p build
rm -f $ledger
$LUA scripts/sim.lua --make-package $from $to $package --size 100000
echo "Updating a simulated MC65 on a pseudo-terminal at 115200 baud from $from to $to:"
echo
$LUA scripts/update.lua --sim link=115200 --from $from --to $to --ledger $ledger $package
cat <<END

What happened: the module was identified and checked, $package was uploaded, the update was
triggered once and followed through the reboot, and the revision that the module then reported was
compared with $to. The update is recorded in $ledger.

What to type next:
  $LUA scripts/ledger.lua --ledger $ledger
      what was updated, when, from and to which revision
  $LUA scripts/info.lua --sim
      what a module reports about itself
  $LUA scripts/update.lua --help
      all options; --port /dev/ttyUSB0 for a real module
  make test
      all specs
END
