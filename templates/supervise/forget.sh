# shellcheck shell=bash disable=SC2154
# Removes PD_STATE and what it lists beside it. Prints `alive PID SERVICE` and touches nothing while a process of it lives, else
# `left PATH` for what could not be removed: files of another user, as a container writes them. The next one tries those again.
shopt -s nullglob
[[ $PD_STATE == /*/* && ! -L $PD_STATE ]] || { printf '%s is not a state directory\n' "$PD_STATE" >&2 && exit 4; }
former=() # half removed, it would look like a cluster without services: so it has another name before it goes
for path in "${PD_STATE%/*}/.gone.${PD_STATE##*/}".*; do
  [[ ${path##*.} != *[!0-9]* && ${path%.*} == "${PD_STATE%/*}/.gone.${PD_STATE##*/}" && -O $path ]] && former+=("$path") && rm -rf -- "$path"
done
leave() { # says what is still there of these, and leaves
  local path
  rmdir -- "${PD_STATE%/*}" 2>/dev/null && rmdir -- "${PD_STATE%/*/*}" 2>/dev/null
  for path; do [[ ! -e $path && ! -L $path ]] || printf 'left\t%s\n' "$path"; done
  exit 0
}
[[ -e $PD_STATE ]] || leave "${former[@]}"
[[ -e $PD_STATE/state.json || -d $PD_STATE/runs || -d $PD_STATE/files ]] || { printf '%s holds nothing of pdctl\n' "$PD_STATE" >&2 && exit 4; }
marked
for pid in "${!RUN_OF[@]}"; do printf 'alive\t%s\t%s\n' "$pid" "${RUN_OF[$pid]#*/}"; done
((${#RUN_OF[@]} == 0)) || exit 0
end_lease
end_keeper

doomed=()
for dir in "$PD_STATE"/runs/*/*/; do
  run_facts "${dir%/}" || continue
  sweep "${dir%/}"
  for path in "${SCRATCH[@]}"; do doomed+=("$path"); done
done
if [[ -r $PD_STATE/outside ]]; then
  while IFS= read -r path; do doomed+=("$path"); done <"$PD_STATE/outside"
fi
for path in "${doomed[@]}"; do # only what is this user's own, never a link's target, never a top directory
  [[ $path == /*/* && -O $path ]] || [[ -L $path ]] || continue
  if [[ -L $path ]]; then rm -f -- "$path"; else rm -rf -- "$path"; fi
done
for path in "${doomed[@]}"; do # only PD_STATE knows of it
  [[ ! -e $path && ! -L $path ]] || leave "${former[@]}" "${doomed[@]}"
done
gone=${PD_STATE%/*}/.gone.${PD_STATE##*/}.$$
mv -T -- "$PD_STATE" "$gone" && rm -rf -- "$gone"
rm -f -- "$PD_DIR/$(start_lock_name)" "$PD_DIR/$(state_note_name)" # the first of a start that was cut off
rmdir -- "$PD_DIR" 2>/dev/null
leave "$PD_STATE" "$gone" "${former[@]}"
