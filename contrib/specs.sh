#!/bin/sh
# Runs specs in the interpreter $LUA and counts them: contrib/specs.sh RUN…, where RUN is
#   units          all but the flows
#   flows          complete jobs against the simulated module, with ports on the small tty backend
#   libserialport  whatever opens ports, again with libserialport and the LD_PRELOAD shim
#   core           the core's specs only
#   core-sp        those of them that open ports, with libserialport and the shim
# The first three are cut into many jobs: a flow each, and units in $PARTS parts (10). $WORKERS (three for each
# processor, since flows mostly wait) take one after the other in parallel, if each worker can have its own
# pseudo-terminals (root):
# otherwise a program waiting for a lost port could find another run's under the same name. Each also
# has its own lock files: terminals of two runs have the same names, and a spec writes such locks.
# Scripts started by a spec run in $DFOTA_LUA, by default the same interpreter.
set -u
: "${LUA:=lua5.4}" "${LABEL:=test}" "${PARTS:=10}" "${WORKERS:=$(($(nproc) * 3))}"
export LUA LABEL PARTS DFOTA_LUA="${DFOTA_LUA:-$LUA}"
logs=build/specs
mkdir -p $logs

flows() { ls -S spec/flows/*_spec.lua; } # by size, as the best guess of how long they take

# Wrong calls, edited flows, output, the ledger, fleets, and what sends commands alone (queries, the way by URL) are the
# same whichever backend opens the port, and what runs on a virtual module opens none; uploads, rates, lost ports and
# bad lines may differ.
with_ports() {
  flows | grep -v -e /bad_input_ -e /changes_ -e /history_ -e /scripts_ -e /gates_ -e /output_ -e /ledger_ \
    -e /transcripts_ -e /check_ -e /url_ -e /http_server_ -e /apn_ -e /aftermath_ -e /fleet_ -e /files_ \
    -e /modules_ -e /lost_lines_ -e /limits_
}

units() { find spec -name '*_spec.lua' ! -path 'spec/flows/*' | sort; }

# One part of the spec files: of three, part 1 has the first, the fourth and so on.
part() {
  number=$1
  shift
  printf '%s\n' "$@" | awk -v number="$number" -v parts="$PARTS" 'NR % parts == number % parts'
}

# --ignore-lua: otherwise busted would start the stock interpreter named in .busted.
busted="$LUA $(command -v busted) --ignore-lua -o plainTerminal"
# Ignored signals (nohup, an & in a script) are inherited: not by the specs.
signals="--default-signal=HUP,INT,QUIT,TERM,PIPE"
tty="$signals DFOTA_TEST_BACKEND=tty"
shim="$signals DFOTA_TEST_BACKEND=libserialport LD_PRELOAD=$PWD/build/sysfs_shim.so"

run() {
  case $1 in
  units-*) env $tty $busted $(part "${1#*-}" $(units)) ;;
  flows-*) env $tty $busted "spec/flows/${1#*-}_spec.lua" ;;
  libserialport-core) env $shim $busted spec/core/serial_spec.lua spec/core/ports_spec.lua ;;
  libserialport-*) env $shim $busted "spec/flows/${1#*-}_spec.lua" ;;
  core) env $tty $busted spec/core ;;
  core-sp) env $shim $busted spec/core/serial_spec.lua spec/core/ports_spec.lua ;;
  *) echo "no such run: $1"; false ;;
  esac
}

own_terminals() {
  unshare -m sh -c 'mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts &&
    mount --bind /dev/pts/ptmx /dev/ptmx || exit
    for locks in /var/lock /run/lock; do
      if [ -d $locks ]; then mount -t tmpfs -o mode=1777 tmpfs $locks || exit; fi
    done
    exec "$@"' sh "$@"
}

report() {
  "$@" >"$logs/$LABEL-$name.log" 2>&1 </dev/null 8>&- 9<&-
  echo $? >"$logs/$LABEL-$name.rc"
  said=$(cat "$logs/$LABEL-$name.log")
  printf '== %s: %s\n%s\n' "$LABEL" "$name" "$said"
}

names() { sed "s,.*/,$1-,; s,_spec.lua\$,,"; }

jobs() {
  for name; do
    case $name in
    flows) flows | names flows ;;
    libserialport) with_ports | names libserialport; echo libserialport-core ;;
    units) seq -f units-%g "$PARTS" ;;
    *) echo "$name" ;;
    esac
  done
}

# Units compute and flows wait: a part of the units among three others, and never all flows at once.
mixed() {
  awk '/^units-/ { print 3 * ++units - 1, $0; next } { print ++others, $0 }' | sort -n -s -k 1,1 | cut -d " " -f 2
}

# All workers read one queue; a lock keeps each line whole.
worker() {
  exec 8>"$logs/$LABEL.lock"
  while flock 8 && read -r name <&9; do
    flock -u 8
    report run "$name"
  done
}

if [ "${1-}" = --worker ]; then
  worker
  exit
fi
alone=
if own_terminals true 2>/dev/null; then alone=own_terminals; else WORKERS=1; fi
echo "== $LABEL: $*${alone:+ ($WORKERS in parallel)}"
jobs "$@" | mixed >"$logs/$LABEL.queue"
exec 9<"$logs/$LABEL.queue"
for each in $(seq "$WORKERS"); do $alone "$0" --worker & done
wait
set -- $(jobs "$@")

# A run that crashed, or failed without a failing spec (a leak, say), counts as one failure.
awk '
  /^[0-9]+ success(es)? \/ / { passed += $1; failed += $4 + $7; skipped += $10; bad = $4 + $7 }
  FILENAME ~ /\.rc$/ && $1 != 0 && !bad { failed++ }
  FILENAME ~ /\.rc$/ { bad = 0 }
  END {
    printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
    exit failed > 0 || passed == 0
  }' $(for name; do echo "$logs/$LABEL-$name.log $logs/$LABEL-$name.rc"; done)
