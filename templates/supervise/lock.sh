# shellcheck shell=bash disable=SC2154
# Holds PD_DIR/PD_NAME for as long as this channel lives and the launcher gives a sign every PD_LEASE_S. Prints `held AGE_MS HOLDER`
# while somebody else has it (PD_WAIT_MS=0: and leaves), `locked` when it is ours.
umask 077
PD_DIR=${PD_DIR:-/var/tmp/pdctl-$UID}
refuse() { printf 'refused\t%s\n' "$1" && exit 0; }
file=$PD_DIR/$PD_NAME.lock

take() {
  while :; do
    own_directory "$PD_DIR" || refuse "$PD_DIR is not a directory of this user"
    exec {gate}>>"$file" || { ((++tries < 100)) && nap 0.01 && continue || refuse "$file cannot be written"; } # as below, the directory
    flock -n "$gate" || { exec {gate}>&- && return 1; }
    [[ $file -ef /proc/self/fd/$gate ]] && return 0
    exec {gate}>&- # its last holder removed it before we had it
  done
}

holder() {
  slurp "$file" || TEXT=
  now_ms
  printf 'held\t%s\t%s\n' "$((NOW - $(date -r "$file" +%s%3N 2>/dev/null || printf %s "$NOW")))" "${TEXT%$'\n'}"
}

hear() { # waits for the launcher's sign; leaves when it hangs up or has been silent for too long
  IFS= read -r -t "$1" _
  local heard=$?
  if ((heard == 0)); then silent_since=$SECONDS; elif ((heard <= 128)); then return 1; fi
  ((SECONDS - silent_since <= PD_LEASE_S))
}

silent_since=$SECONDS
now_ms && late=$((NOW + PD_WAIT_MS))
until take; do
  now_ms
  ((NOW < late)) || { holder && exit 0; }
  ((tick++ % 5)) || holder
  hear 0.2 || exit 0
done
printf '%s\n' "$PD_HOLDER" >"$file"
printf 'locked\n'
while hear 1; do # the file's time is the holder's last sign of life
  ((SECONDS > silent_since)) || printf '%s\n' "$PD_HOLDER" >"$file"
done
rm -f -- "$file"
rmdir -- "$PD_DIR" 2>/dev/null
exit 0
