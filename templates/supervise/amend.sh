# shellcheck shell=bash disable=SC2154
# Tells the living run PD_RUN (generation/service) that a file of it has changed, and records what it is now: PD_SPEC and PD_FACTS.
# Prints `told PID`, or `gone` where it does not live: then nothing is changed.
dir=$PD_STATE/runs/$PD_RUN
if ! handle "$dir" || ! lives "$ENGINE" "$ENGINE_START"; then
  printf 'gone\n'
  exit 0
fi
durable "$dir/run" "${PD_FACTS%$'\n'}" && durable "$dir/spec.json" "$PD_SPEC" || exit 4 # it is told only of what will still be so after a loss of power
kill -HUP "$ENGINE" && printf 'told\t%s\n' "$ENGINE"
