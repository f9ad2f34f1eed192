# shellcheck shell=bash disable=SC2154
# Goes before a script that changes something, after proc and gate: only the run that holds the lock may. PD_FENCE: that run (empty: nobody
# asked for the lock); PD_AUDIT: the line about this change, still open at its end, for PD_STATE/audit. A run that came too late leaves with 97.
audit() {
  local status=$?
  [[ -z ${PD_AUDIT-} || -z ${PD_STATE-} || ! -d $PD_STATE ]] && return
  now_ms
  printf '%s,"from":"%s","at":%s,"exit":%s}\n' "$PD_AUDIT" "${SSH_CONNECTION%% *}" "$NOW" "$status" >>"$PD_STATE/audit"
}
trap audit EXIT
if [[ -n ${PD_FENCE-} ]]; then
  [[ -d $PD_DIR ]] && open_own "$ACT" act -s -w 10 || exit 97
  signed "$GATE" && [[ $TEXT == *"\"run\":\"$PD_FENCE\""* ]] || exit 97
fi
