#!/bin/sh
# Runs specs in the interpreter $LUA and counts them: contrib/specs.sh RUN…, where RUN is
#   units          all but the flows
#   flows          complete jobs against the simulated module, with ports on the small tty backend
#   libserialport  whatever opens ports, again with libserialport and the LD_PRELOAD shim
#   core           the core's specs only
#   core-sp        those of them that open ports, with libserialport and the shim
# The first three are each run in $PARTS parts (2): flows-1, flows-2 and so on.
# Runs are parallel, since flows mostly wait, if each can have its own pseudo-terminals (root):
# otherwise a program waiting for a lost port could find another run's under the same name. Each also
# has its own lock files: terminals of two runs have the same names, and a spec writes such locks.
# Scripts started by a spec run in $DFOTA_LUA, by default the same interpreter.
set -u
: "${LUA:=lua5.4}" "${LABEL:=test}" "${PARTS:=2}"
export DFOTA_LUA="${DFOTA_LUA:-$LUA}"
logs=build/specs
mkdir -p $logs

# Wrong calls, edited flows, gates, output, the ledger and transcripts are the same whichever backend opens the port.
with_ports() {
  ls spec/flows/*_spec.lua |
    grep -v -e /bad_input_ -e /changes_ -e /history_ -e /scripts_ -e /gates_ -e /output_ -e /ledger_ -e /transcripts_
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
  units-*) $alone env $tty $busted $(part "${1#*-}" $(units)) ;;
  flows-*) $alone env $tty $busted $(part "${1#*-}" spec/flows/*_spec.lua) ;;
  libserialport-*) $alone env $shim $busted $(part "${1#*-}" spec/core/serial_spec.lua spec/core/ports_spec.lua $(with_ports)) ;;
  core) $alone env $tty $busted spec/core ;;
  core-sp) $alone env $shim $busted spec/core/serial_spec.lua spec/core/ports_spec.lua ;;
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
  "$@" >"$logs/$LABEL-$name.log" 2>&1 </dev/null
  echo $? >"$logs/$LABEL-$name.rc"
  said=$(cat "$logs/$LABEL-$name.log")
  printf '== %s: %s\n%s\n' "$LABEL" "$name" "$said"
}

runs=
for name; do
  case $name in
  units | flows | libserialport) for part in $(seq "$PARTS"); do runs="$runs $name-$part"; done ;;
  *) runs="$runs $name" ;;
  esac
done
set -- $runs

alone=
if own_terminals true 2>/dev/null; then alone=own_terminals; fi
echo "== $LABEL: $*${alone:+ (in parallel)}"
for name; do
  if [ "$alone" ]; then report run "$name" & else report run "$name"; fi
done
wait

# A run that crashed, or failed without a failing spec (a leak, say), counts as one failure.
awk '
  /^[0-9]+ success(es)? \/ / { passed += $1; failed += $4 + $7; skipped += $10; bad = $4 + $7 }
  FILENAME ~ /\.rc$/ && $1 != 0 && !bad { failed++ }
  FILENAME ~ /\.rc$/ { bad = 0 }
  END {
    printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
    exit failed > 0 || passed == 0
  }' $(for name; do echo "$logs/$LABEL-$name.log $logs/$LABEL-$name.rc"; done)
