# shellcheck shell=bash disable=SC2034,SC2154
# states: the state directories that this node can know of → STATES: below the home, elsewhere as noted when they were made, and those of
# living processes. After proc and gate; after `marked`.
states() {
  local file dir
  local -A seen=()
  shopt -s nullglob
  for file in "${HOME:-$(cd ~ && pwd)}"/.pdctl/*/*/state.json; do seen[${file%/state.json}]=1; done
  for file in "$PD_DIR"/*.state; do
    IFS= read -r dir <"$file" && [[ -n $dir && -e $dir/state.json ]] && seen[$dir]=1
  done
  for dir in "${ELSE_OF[@]}"; do [[ $dir != /* || ! -e $dir/state.json ]] || seen[$dir]=1; done
  STATES=("${!seen[@]}")
}
one_line() { TEXT=${TEXT%$'\n'} && TEXT=${TEXT//[$'\n\t']/ }; }
