# shellcheck shell=bash disable=SC2154
# Tells the living run PD_RUN (generation/service) that a file of it has changed, and records what it is now: PD_SPEC and PD_FACTS.
# Prints `told PID`, or `gone` where it does not live: then nothing is changed.
dir=$PD_STATE/runs/$PD_RUN
if ! handle "$dir" || ! lives "$ENGINE" "$ENGINE_START"; then
  printf 'gone\n'
  exit 0
fi
{ printf '%s' "$PD_FACTS" >"$dir/run.$$" && mv -f -- "$dir/run.$$" "$dir/run" &&
  printf '%s\n' "$PD_SPEC" >"$dir/spec.json.$$" && mv -f -- "$dir/spec.json.$$" "$dir/spec.json"; } || exit 4
kill -HUP "$ENGINE" && printf 'told\t%s\n' "$ENGINE"
