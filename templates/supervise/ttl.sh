# shellcheck shell=bash disable=SC2154
# Watches the lease of PD_STATE and takes the run down on this node when it is over, with the scripts PD_STOP and PD_FORGET. A launcher that
# holds the lock then is there, which renews the lease. Leaves when the lease is gone, or is another watcher's. After proc and gate.
export TZ=UTC
for ((n = 0; n < 500; n++)); do # whoever started this writes down that it is the watcher
  read_lease && [[ $LEASE_PID == "$$" ]] && break
  nap 0.01
done
while read_lease && [[ $LEASE_PID == "$$" ]]; do
  uptime_ms
  if ((UPTIME >= LEASE_UNTIL)); then
    if open_own "$GATE" gate -n; then
      printf '{"owner":"its lease","verb":"down","since":"%(%FT%TZ)T","pid":%s,"run":"ttl"}\n' -1 "$$" >"$GATE"
      until open_own "$ACT" act -n; do nap 0.1; done # a change of the launcher that is gone
      bash --noprofile --norc -p "$PD_STOP" && bash --noprofile --norc -p "$PD_FORGET"
      exec {act}>&- {gate}>&-
      leave_gate
    else
      write_lease
    fi
  fi
  nap 1
done
