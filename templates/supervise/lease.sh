# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# The lease of a state directory: how long what runs there may stay without a launcher, in PD_STATE/lease: milliseconds, when it is over (on
# the clock that counts since the boot, which nobody sets), the boot, its watcher's pid and start. After proc.
uptime_ms() { # → UPTIME
  slurp /proc/uptime && UPTIME=${TEXT%% *} && UPTIME=$((10#${UPTIME/./} * 10))
}
read_lease() { # → LEASE_TTL LEASE_UNTIL LEASE_PID LEASE_START; 1: there is none. After a reboot nobody watches it
  local boot
  LEASE_TTL='' LEASE_UNTIL='' LEASE_PID='' LEASE_START=''
  slurp "$PD_STATE/lease" || return 1
  { read -r LEASE_TTL && read -r LEASE_UNTIL && read -r boot && read -r LEASE_PID && read -r LEASE_START; } <<<"$TEXT"
  [[ $boot == "$BOOT" ]] || LEASE_PID='' LEASE_START='' LEASE_UNTIL=0
}
write_lease() { # from now on, for LEASE_TTL
  uptime_ms
  durable "$PD_STATE/lease" "$LEASE_TTL"$'\n'"$((UPTIME + LEASE_TTL))"$'\n'"$BOOT"$'\n'"$LEASE_PID"$'\n'"$LEASE_START"
}
end_lease() { # its watcher leaves by itself; one that is asked by its own child does so afterwards
  local n
  read_lease || return 0
  rm -f -- "$PD_STATE/lease"
  [[ $LEASE_PID != "$PPID" ]] || return 0
  for ((n = 0; n < 100; n++)); do
    lives "$LEASE_PID" "$LEASE_START" || return 0
    nap 0.05
  done
  kill -KILL "$LEASE_PID" 2>/dev/null
  return 0
}

# Who starts groups of this state directory again when they fail.
read_keeper() { # → KEEPER KEEPER_START; 1: there is none
  local boot
  KEEPER='' KEEPER_START=''
  slurp "$PD_STATE/keeper" || return 1
  { read -r KEEPER && read -r KEEPER_START && read -r boot; } <<<"$TEXT"
  [[ $boot == "$BOOT" ]]
}
end_keeper() { # under the lock: it is not at work
  local n
  read_keeper && lives "$KEEPER" "$KEEPER_START" && kill -KILL "$KEEPER" 2>/dev/null
  for ((n = 0; n < 100; n++)); do
    [[ -n $KEEPER ]] && lives "$KEEPER" "$KEEPER_START" || break
    nap 0.02
  done
  rm -f -- "$PD_STATE/keeper"
}
