# shellcheck shell=bash disable=SC2154
# PD_WRITE: the new state.json, with @BOOT@ for this node's boot id (""= only read); PD_CLAIMS: what the cluster takes of this node ("": as
# before); PD_BASELINE: `ID MIB` lines, memory in use of each device before anything of it ran here: kept from the first time on.
# Prints the state that is there afterwards.
umask 077
file=$PD_STATE/state.json
if [[ -n $PD_WRITE ]]; then
  mkdir -p -- "$PD_STATE" || exit 4
  [[ -z $PD_BASELINE || -e $PD_STATE/baseline ]] || durable "$PD_STATE/baseline" "$PD_BASELINE" || exit 4
  [[ -z $PD_CLAIMS ]] || durable "$PD_STATE/claims.json" "$PD_CLAIMS" || exit 4
  durable "$file" "${PD_WRITE/@BOOT@/$BOOT}" || exit 4
  if [[ $PD_STATE != "${HOME:-$(cd ~ && pwd)}/.pdctl/"* ]]; then # where nobody would look for it
    own_directory "$PD_DIR" && durable "$PD_DIR/$(state_note_name)" "$PD_STATE" || exit 4
  fi
fi
[[ -e $file ]] || exit 0
cat -- "$file"
