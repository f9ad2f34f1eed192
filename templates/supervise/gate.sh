# shellcheck shell=bash disable=SC2034,SC2154
# The lock of a cluster on this node: PD_DIR/PD_NAME.lock is held by whoever may change the cluster here, and PD_DIR/PD_NAME.act, shared,
# by every change while it goes on. Node-local, also where homes are one file system. After proc.
PD_DIR=${PD_DIR:-/var/tmp/pdctl-$UID}
GATE=$PD_DIR/$PD_NAME.lock
ACT=$PD_DIR/$PD_NAME.act

# open_own FILE NAME: opens it for appending as descriptor $NAME; 1: held by somebody else (with flock's options behind them), 2: not ours.
open_own() {
  local file=$1 name=$2 tries=0 fd
  shift 2
  while :; do
    own_directory "$PD_DIR" || return 2
    exec {fd}>>"$file" || { ((++tries < 100)) && nap 0.01 && continue || return 2; } # others of ours remove the directory when it is empty
    flock "$@" "$fd" || { exec {fd}>&- && return 1; }
    [[ $file -ef /proc/self/fd/$fd ]] && break
    exec {fd}>&- # its last holder removed it before we had it
  done
  printf -v "$name" %s "$fd"
}

# The text of the lock's file → TEXT. Its holder writes it anew with every sign of life, and who has just taken it is about to: a moment without it is nothing.
signed() {
  local n
  for ((n = 0; n < 100; n++)); do
    slurp "$1" && return
    [[ -e $1 ]] || return 1
    nap 0.01
  done
  return 1
}

# Ends a hold: what nobody needs any more goes. A change that still goes on keeps its file, so that the next one waits for it.
leave_gate() {
  rm -f -- "$GATE"
  open_own "$ACT" act -n && rm -f -- "$ACT"
  rmdir -- "$PD_DIR" 2>/dev/null
  return 0
}
