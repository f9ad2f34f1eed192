# shellcheck shell=bash disable=SC2154
# All clusters that this node knows of, one record per state directory: `state DIR HERE STATE`; HERE=1: it is of this node, since its boot.
marked
states
for dir in "${STATES[@]}"; do
  slurp "$dir/state.json" && one_line || continue
  here=0 && [[ $TEXT != *"\"boot\":\"$BOOT\""* ]] || here=1
  printf 'state\t%s\t%s\t%s\n' "$dir" "$here" "$TEXT"
done
exit 0
