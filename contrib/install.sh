#!/bin/sh
# Installs the built tree into $DESTDIR$PREFIX, or removes what it installed there: contrib/install.sh [uninstall]
#
# No edit is lost. What was installed is listed with its checksum in share/dfota/installed. A file that no longer has
# that checksum was edited: a script or table of scripts/ stays, and the new one goes beside it as NAME.lua.new;
# anything else is replaced, and the edited one kept as NAME.old. Removing keeps what was edited.
set -eu
: "${DESTDIR=}" "${PREFIX:=/usr/local}"
: "${LMOD:=$PREFIX/share/lua/5.4}" "${CMOD:=$PREFIX/lib/lua/5.4}" # where lua5.4 looks for modules
export DESTDIR PREFIX
data=$PREFIX/share/dfota
list=$DESTDIR$data/installed
tab=$(printf '\t')

case $PREFIX in
# The only two below which systemd looks for units.
/usr | /usr/local) : "${UNITS=$PREFIX/lib/systemd/system}" ;;
/*) : "${UNITS=}" ;;
*) echo "install: PREFIX must begin with /, and is $PREFIX" >&2; exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
trap 'exit 141' PIPE
: >"$work/old"
: >"$work/damaged"
# A damaged line names no file: whatever it was about counts as edited.
if [ -f "$list" ]; then
  awk -v damaged="$work/damaged" '
    length($1) == 64 && $1 !~ /[^0-9a-f]/ && substr($0, 65, 3) == "  /" { print; next }
    { print FNR >damaged }' "$list" >"$work/old"
fi

present() { [ -e "$DESTDIR$1" ] || [ -L "$DESTDIR$1" ]; }
sums() { tr '\n' '\0' | xargs -0 -r sha256sum; }

# What is wanted, one file a line: keep or replace, mode, source, target. --------------------------------------------

want() { # keep|replace mode target-folder file…, of which there may be none
  what=$1 mode=$2 folder=$3
  shift 3
  for file; do
    [ ! -f "$file" ] || echo "$what$tab$mode$tab$file$tab$folder/${file##*/}"
  done
}

# lua5.4 finds modules under these two by itself.
wrapper() {
  echo '#!/bin/sh'
  case $PREFIX in
  /usr | /usr/local) ;;
  *)
    cat <<END
LUA_PATH_5_4="$LMOD/?.lua;$LMOD/?/init.lua;\${LUA_PATH_5_4:-;}"
LUA_CPATH_5_4="$CMOD/?.so;\${LUA_CPATH_5_4:-;}"
export LUA_PATH_5_4 LUA_CPATH_5_4
END
    ;;
  esac
  echo "exec lua5.4 \"$data/scripts/launch.lua\" \"\$0\" \"\$@\""
}

# The scripts that start themselves. The others are tables, and what starts and finds scripts.
commands() { grep -l '^return dofile(.*"start.lua")(' scripts/*.lua | sed 's,.*/,,; s,\.lua$,,'; }

want_commands() {
  mkdir "$work/bin"
  for name in "" $names; do wrapper >"$work/bin/dfota${name:+-$name}"; done
  want replace 755 "$PREFIX/bin" "$work"/bin/*
}

# Enabled by nobody but the administrator.
want_units() {
  [ -n "$UNITS" ] || return 0
  mkdir "$work/units"
  for unit in contrib/systemd/*; do
    [ ! -f "$unit" ] || awk '
      sub("^ExecStart=/usr/bin/", "") { $0 = "ExecStart=" ENVIRON["PREFIX"] "/bin/" $0 }
      { print }' "$unit" >"$work/units/${unit##*/}"
  done
  want replace 644 "$UNITS" "$work"/units/*
}

want_all() {
  find lua/dfota -name '*.lua' | sort | while read -r file; do
    folder=${file%/*}
    want replace 644 "$LMOD/${folder#lua/}" "$file"
  done
  want replace 755 "$CMOD/dfota" lua/dfota/core.so
  want_commands
  want_units
  want keep 644 "$data/scripts" scripts/*.lua
  want replace 644 "$data/grafana" contrib/grafana/*.json
  want replace 644 "$PREFIX/share/doc/dfota" README.md CHANGELOG.md LICENSE
  want replace 644 "$PREFIX/share/doc/dfota/docs" docs/*.md
  want replace 644 "$PREFIX/share/man/man1" build/man/*.1
  want replace 644 "$PREFIX/share/man/man7" build/man/*.7
  want replace 644 "$PREFIX/share/bash-completion/completions" build/completions/bash/*
  want replace 644 "$PREFIX/share/zsh/site-functions" build/completions/zsh/*
  want replace 644 "$PREFIX/share/fish/vendor_completions.d" build/completions/fish/*
}

# What is there: the sums of regular files, and links, which are always the user's. ----------------------------------

look() { # <targets
  : >"$work/links"
  while read -r target; do
    if [ -L "$DESTDIR$target" ]; then echo "link$tab$target" >>"$work/links"
    elif [ -f "$DESTDIR$target" ]; then echo "$DESTDIR$target"
    elif [ -e "$DESTDIR$target" ]; then echo "link$tab$target" >>"$work/links"
    fi
  done | sums | awk '{ print substr($0, 1, 64) "\t" substr($0, 67 + length(ENVIRON["DESTDIR"])) }'
  cat "$work/links"
}

# A folder where a file goes, or a file where a folder goes, is nothing that was edited: it is in the way.
in_the_way() { # <targets
  while read -r target; do
    if [ -d "$DESTDIR$target" ] && [ ! -L "$DESTDIR$target" ]; then echo "$DESTDIR$target is a directory"; fi
    folder=${target%/*}
    until [ -z "$folder" ] || [ -d "$DESTDIR$folder" ]; do
      ! present "$folder" || echo "$DESTDIR$folder is no directory"
      folder=${folder%/*}
    done
  done | sort -u
}

refuse_what_is_in_the_way() { # word <targets
  in_the_way >"$work/in_the_way"
  [ -s "$work/in_the_way" ] || return 0
  while read -r what; do
    echo "$1: $what, and is in the way: move it away, then run this again" >&2
  done <"$work/in_the_way"
  exit 73
}

# An action for each file: copy, none, aside (the edited one gets another name first), beside (the new one does) or
# stays (edited, and nothing new since the last install: it may have been merged, and the .new one removed).
plan() {
  awk -F '\t' -v OFS='\t' '
    FILENAME ~ /old$/ { listed[substr($0, 67)] = substr($0, 1, 64); next }
    FILENAME ~ /there$/ { there[$2] = $1; next }
    FILENAME ~ /sums$/ { sum[substr($0, 67)] = substr($0, 1, 64); next }
    {
      new = sum[$3]; was = listed[$4]; is = there[$4]
      action = is == "" || is == was && is != new ? "copy" : is == new ? "none" : "aside"
      if (action == "aside" && $1 == "keep") action = new == was ? "stays" : "beside"
      print action, $2, $3, $4, new
    }' "$work/old" "$work/there" "$work/sums" "$work/wanted"
}

# Carrying it out. ---------------------------------------------------------------------------------------------------

# Never half a file under its name.
copy() { # mode source target
  install -D -m "$1" "$2" "$DESTDIR$3.part"
  mv -f "$DESTDIR$3.part" "$DESTDIR$3"
}

aside() { # target
  old=$1.old number=1
  while present "$old"; do number=$((number + 1)) old=$1.old$number; done
  mv "$DESTDIR$1" "$DESTDIR$old"
  echo "$1 had been edited: the edited one is now $old"
}

is_ours() { # target: as an earlier install left it there, and no link
  [ -f "$DESTDIR$1" ] && [ ! -L "$DESTDIR$1" ] || return 1
  now=$(sha256sum <"$DESTDIR$1")
  grep -qxF "${now%% *}  $1" "$work/old"
}

# One that an earlier install left there is replaced. What somebody else made keeps its content: also one that is the
# same stays his, and is not listed, or removing would take it along.
beside() { # mode source target sum
  echo "$3 was edited and stays: the new one is $3.new (diff $3 $3.new)"
  if present "$3.new" && ! is_ours "$3.new"; then
    ! cmp -s "$2" "$DESTDIR$3.new" || return 0
    aside "$3.new"
  fi
  copy "$1" "$2" "$3.new"
  echo "$4  $3.new" >>"$work/new"
}

carry_out() {
  while IFS=$tab read -r action mode source target sum; do
    case $action in
    copy) copy "$mode" "$source" "$target" ;;
    aside) aside "$target"; copy "$mode" "$source" "$target" ;;
    beside) beside "$mode" "$source" "$target" "$sum" ;;
    stays)
      echo "$target was edited and stays"
      ! present "$target.new" || grep -F "  $target.new" "$work/old" >>"$work/new" || true
      ;;
    esac
    echo "$sum  $target" >>"$work/new"
  done <"$work/plan"
}

# Removes what is listed and was not edited.
remove() { # list
  cut -c 67- "$1" | look >"$work/left"
  awk -F '\t' -v gone="$work/gone" '
    NR == FNR { listed[substr($0, 67)] = substr($0, 1, 64); next }
    listed[$2] == $1 { print ENVIRON["DESTDIR"] $2 >gone; next }
    { print $2 " was edited and stays" }' "$1" "$work/left"
  [ ! -f "$work/gone" ] || tr '\n' '\0' <"$work/gone" | xargs -0 rm -f
}

remove_empty_folders() {
  set --
  for ours in "$LMOD/dfota" "$CMOD/dfota" "$data" "$PREFIX/share/doc/dfota"; do
    [ ! -d "$DESTDIR$ours" ] || set -- "$@" "$DESTDIR$ours"
  done
  [ $# -eq 0 ] || find "$@" -depth -type d -exec rmdir {} + 2>/dev/null || true
}

# What earlier installs kept beside a file (NAME.old, NAME.old2, NAME.new.old …) is not listed, and stays.
name_what_was_kept() {
  { cut -c 67- "$work/old"; echo "$data/installed"; } >"$work/listed"
  while read -r target; do
    for file in "$DESTDIR$target".old "$DESTDIR$target".old[0-9]* "$DESTDIR$target".new; do
      [ ! -e "$file" ] || echo "${file#"$DESTDIR"}"
    done
  done <"$work/listed" | grep -vxFf "$work/listed" | awk '{ print $0 " was kept by an earlier install and stays" }' || true
}

# Followed by what an interrupted run did not reach, so that the next one still knows what is an edit.
keep_list() {
  awk '!seen[substr($0, 67)]++' "$work/new" "$work/old" >"$list.part" && mv "$list.part" "$list"
}

writable() { [ -w "$DESTDIR$data" ] && [ -w "$DESTDIR$PREFIX/bin" ]; }

no_permission() { # word, another way
  echo "$1: no permission to write to $DESTDIR$PREFIX: become root${2:+, or choose another place: }${2-}" >&2
  exit 77
}

# The list is written anew in the end. It is put aside, in case somebody wants to know what was in it.
put_damaged_list_aside() {
  [ -s "$work/damaged" ] || return 0
  aside "$data/installed" >/dev/null
  read -r line <"$work/damaged"
  kept=$DESTDIR$old
  echo "install: $list was damaged (line $line), and is now $kept: what it no longer names is taken for edited" >&2
}

install_all() {
  names=$(commands)
  want_all >"$work/wanted"
  { cut -f 4 "$work/wanted"; echo "$data/installed"; } | refuse_what_is_in_the_way install
  mkdir -p "$DESTDIR$data" "$DESTDIR$PREFIX/bin" 2>/dev/null && writable ||
    no_permission install "make install PREFIX=\$HOME/.local"
  put_damaged_list_aside
  cut -f 3 "$work/wanted" | sums >"$work/sums"
  cut -f 4 "$work/wanted" | look >"$work/there"
  plan >"$work/plan"
  : >"$work/new"
  trap 'keep_list; rm -rf "$work"' EXIT
  carry_out
  awk 'NR == FNR { new[substr($0, 67)] = 1; next } !(substr($0, 67) in new)' "$work/new" "$work/old" >"$work/obsolete"
  remove "$work/obsolete"
  remove_empty_folders
  : >"$work/old"
  printf 'installed in %s:' "$DESTDIR$PREFIX/bin"
  for name in $names; do printf ' dfota-%s' "$name"; done
  printf '\nflows and tables to edit: %s\n' "$data/scripts"
}

uninstall() {
  echo "$data/installed" | refuse_what_is_in_the_way uninstall
  if [ ! -f "$list" ]; then
    echo "uninstall: nothing was installed in $DESTDIR$PREFIX (there is no $list)" >&2
    exit 66
  fi
  writable || no_permission uninstall
  if [ -s "$work/damaged" ]; then
    read -r line <"$work/damaged"
    echo "uninstall: $list is damaged (line $line): nothing was removed; make install writes it anew" >&2
    exit 65
  fi
  remove "$work/old"
  name_what_was_kept
  rm -f "$list" # last: an interrupted run can be repeated
  remove_empty_folders
  echo "uninstalled from $DESTDIR$PREFIX"
}

case ${1:-install} in
install) install_all ;;
uninstall) uninstall ;;
*) echo "usage: contrib/install.sh [uninstall]" >&2; exit 2 ;;
esac
