# shellcheck shell=bash disable=SC2154
# Holds the lock PD_NAME for as long as this channel lives and the launcher gives a sign every PD_LEASE_S. Prints `held SILENT_MS HELD_MS
# HOLDER` while somebody else has it (PD_WAIT_MS=0: and leaves), `locked` when it is ours. After proc and gate.
umask 077
refuse() { printf 'refused\t%s\n' "$1" && exit 0; }

holder() { # its first line is the holder, the second when it came
  local now since text
  signed "$GATE" || TEXT=
  text=${TEXT%%$'\n'*} since=${TEXT#*$'\n'} since=${since%%$'\n'*}
  now_ms && now=$NOW
  [[ $since =~ ^[0-9]+$ ]] || since=$now
  printf 'held\t%s\t%s\t%s\n' "$((now - $(date -r "$GATE" +%s%3N 2>/dev/null || printf %s "$now")))" "$((now - since))" "$text"
}

hear() { # waits for the launcher's sign; leaves when it hangs up or has been silent for too long
  IFS= read -r -t "$1" _
  local heard=$?
  if ((heard == 0)); then silent_since=$SECONDS; elif ((heard <= 128)); then return 1; fi
  ((SECONDS - silent_since <= PD_LEASE_S))
}

silent_since=$SECONDS
now_ms && late=$((NOW + PD_WAIT_MS))
while :; do
  open_own "$GATE" gate -n
  case $? in 0) break ;; 2) refuse "$PD_DIR is not a directory of this user" ;; esac
  now_ms
  ((NOW < late)) || { holder && exit 0; }
  ((tick++ % 5)) || holder
  hear 0.2 || exit 0
done
slurp "$GATE" || true # of a holder that was killed: whose change may still go on
former=${TEXT%%$'\n'*}
now_ms && since=$NOW
sign() { printf '%s\n%s\n' "$PD_HOLDER" "$since" >"$GATE"; }
sign # from here on no change of another run begins; those that go on are waited for
((late - NOW >= 2000)) || late=$((NOW + 2000))
until open_own "$ACT" act -n; do
  now_ms
  ((NOW < late)) || { printf 'held\t0\t0\t%s\n' "$former" && leave_gate && exit 0; }
  hear 0.2 || { leave_gate && exit 0; }
done
exec {act}>&-
printf 'locked\n'
while hear 1; do # the file's time is the holder's last sign of life
  ((SECONDS > silent_since)) || sign
done
leave_gate
