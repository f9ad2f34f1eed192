# shellcheck shell=bash disable=SC2153,SC2154
# Renews the lease of PD_STATE: for PD_TTL_MS, for as long as before ("": none stays none), or for ever (0). PD_WATCH: the watcher's script.
umask 077
read_lease || true
[[ -z $PD_TTL_MS ]] || LEASE_TTL=$PD_TTL_MS
[[ -n $LEASE_TTL ]] || exit 0
if ((LEASE_TTL == 0)); then
  end_lease
  exit 0
fi
watch_lease() { # in a subshell: nothing of this shell goes along, no descriptor, no lock
  local fd
  export PD_STATE PD_NAME PD_STOP PD_FORGET PD_GRACE_MS
  unset PD_FENCE PD_AUDIT
  cd / || exit
  exec </dev/null >/dev/null 2>&1
  for fd in /proc/self/fd/*; do
    fd=${fd##*/} && ((fd > 2)) && eval "exec $fd>&-"
  done
  exec setsid bash --noprofile --norc -p "$PD_WATCH"
}
if ! lives "$LEASE_PID" "$LEASE_START"; then
  watch_lease &
  LEASE_PID=$!
  look "$LEASE_PID" && LEASE_START=$START
fi
write_lease || exit 4
