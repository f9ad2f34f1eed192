# shellcheck shell=bash disable=SC2153,SC2154
# From now on PD_GROUPS are started again when they fail, by the keeper PD_KEEPER of PD_STATE; none: nobody is. PD_LOCAL: their services here,
# PD_MEMBERS: `IP PORT` of those elsewhere, PD_TEXTS: the values of PD_START for each. What is secret in them goes through a pipe into the
# keeper's memory, and nowhere else. After put and lease.
umask 077
end_keeper
rm -f -- "$PD_STATE/gaveup"
((${#PD_GROUPS[@]})) || exit 0
text=$(declare -p PD_GROUPS PD_LOCAL PD_MEMBERS PD_GRACE PD_TEXTS)
keeping() { # in a subshell: nothing of this shell goes along, no descriptor, no lock
  local fd
  export PD_STATE PD_NAME PD_START PD_MAX PD_WINDOW_MS PD_UMASK=$OWN_UMASK
  unset PD_FENCE PD_AUDIT
  cd / || exit
  exec < <(printf '%s\0' "$text") >/dev/null 2>&1
  for fd in /proc/self/fd/*; do
    fd=${fd##*/} && ((fd > 2)) && eval "exec $fd>&-"
  done
  exec setsid bash --noprofile --norc -p "$PD_KEEPER"
}
keeping &
keeper=$!
look "$keeper" || exit 4
durable "$PD_STATE/keeper" "$keeper"$'\n'"$START"$'\n'"$BOOT"
