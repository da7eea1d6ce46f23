#!/bin/sh
# A fleet without hardware: twelve simulated modules, one of which fails, are updated side by side.
set -eu
: "${LUA:=lua5.4}" "${MODULES:=12}"
from=MC65FAR01A01 to=MC65FAR01A02
folder=build/fleet
rm -rf $folder && mkdir -p $folder
ledger=$folder/ledger.db
XDG_STATE_HOME=$PWD/$folder/state
export XDG_STATE_HOME

$LUA scripts/sim.lua --size 40000 --make-package $from $to $folder/A2B.pack
echo "port,imei,from,to,name" >$folder/plan.csv
for number in $(seq "$MODULES"); do
  fault=
  if [ "$number" = 5 ]; then fault=,fail=end:6508; fi
  imei=8612345678$(printf %05d "$number")
  # The shell that runs this script owns them: they end with it.
  $LUA scripts/sim.lua --quiet --owned $$ --spec "link=115200,update_s=4,imei=$imei$fault" >$folder/$number.port &
  # A pty has no name that outlasts it; a link is what udev would make.
  while [ ! -s $folder/$number.port ]; do sleep 0.05; done
  ln -s "$(head -n 1 $folder/$number.port)" $folder/module-$number
  echo "$PWD/$folder/module-$number,$imei,$from,$to,bus $number" >>$folder/plan.csv
done

echo "Updating $MODULES simulated modules from $from to $to, two of them first:"
echo
rc=0
$LUA scripts/fleet.lua --run demo --canary 2 --jobs 6 --ledger $ledger --baud 115200 --page $folder/page.html \
  $folder/plan.csv $folder/A2B.pack || rc=$?
echo
[ $rc = 81 ] || { echo "the run ended with $rc, and one failure (81) was expected" >&2; exit 1; }
cat <<END2
One module was made to fail: the run ended with 81, and says which.

$folder/page.html is the run as a page: open it in a browser.

What to type next:
  $LUA scripts/ledger.lua --ledger $ledger
      what became of each
  $LUA scripts/fleet.lua --help
      canaries, windows, limits, pausing and resuming
END2
