# shellcheck shell=bash disable=SC2154
# PD_WRITE: the new state.json, with @BOOT@ for this node's boot id (""= only read). Prints the state that is there afterwards.
umask 077
file=$PD_STATE/state.json
if [[ -n $PD_WRITE ]]; then
  mkdir -p -- "$PD_STATE" && printf '%s\n' "${PD_WRITE/@BOOT@/$BOOT}" >"$file.$$" && mv -f -- "$file.$$" "$file" || exit 4
fi
[[ -e $file ]] || exit 0
cat -- "$file"
