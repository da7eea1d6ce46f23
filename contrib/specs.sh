#!/bin/sh
# Runs specs in the interpreter $LUA and counts: contrib/specs.sh RUN…, RUN being
#   tty            everything, ports over the small tty backend
#   libserialport  what opens ports, once more through libserialport and the LD_PRELOAD shim
#   core           the core's specs only
#   core-sp        of these what opens ports, through libserialport and the shim
# Scripts that a spec starts run in $DFOTA_LUA, which is the same interpreter unless it is set.
set -u
: "${LUA:=lua5.4}" "${LABEL:=test}"
export DFOTA_LUA="${DFOTA_LUA:-$LUA}"
logs=build/specs
mkdir -p $logs

run() {
  name=$1; shift
  echo "== $LABEL: $name"
  # --ignore-lua: else busted would start the stock interpreter that .busted names.
  { env "$@" 2>&1; echo $? >"$logs/$LABEL-$name.rc"; } | tee "$logs/$LABEL-$name.log"
}

busted="$LUA $(command -v busted) --ignore-lua -o plainTerminal"
shim="DFOTA_TEST_BACKEND=libserialport LD_PRELOAD=$PWD/build/sysfs_shim.so"
for name; do
  case $name in
  tty) run tty DFOTA_TEST_BACKEND=tty $busted spec ;;
  core) run core DFOTA_TEST_BACKEND=tty $busted spec/core ;;
  core-sp) run core-sp $shim $busted spec/core/serial_spec.lua ;;
  libserialport) run libserialport $shim $busted spec/core/serial_spec.lua spec/flows ;;
  *) echo "specs: no such run: $name" >&2; exit 2 ;;
  esac
done

# A run that died, or that ended badly with no spec failing (a leak, say), counts as one failure.
awk '
  FNR == 1 { seen = 0 }
  /^[0-9]+ success(es)? \/ / { seen = 1; passed += $1; failed += $4 + $7; skipped += $10; bad = $4 + $7 }
  FILENAME ~ /\.rc$/ && $1 != 0 && !bad { failed++ }
  FILENAME ~ /\.rc$/ { bad = 0 }
  END {
    printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
    exit failed > 0 || passed == 0
  }' $(for name; do echo "$logs/$LABEL-$name.log $logs/$LABEL-$name.rc"; done)
