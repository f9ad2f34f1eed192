# shellcheck shell=bash disable=SC2154
# Stops PD_SERVICES (empty: all that were ever started here), every run of each. Prints `gone SERVICE` or `left SERVICE PID COMMAND`.
runs=()
declare -A asked=() left_of=()
for service in "${PD_SERVICES[@]}"; do asked[$service]=1; done
marked
shopt -s nullglob
for run in "$PD_STATE"/runs/*/*/; do run=${run%/} && runs+=("${run#"$PD_STATE"/runs/}"); done
# Also what runs without a directory: somebody removed the files under a living service.
for pid in "${!RUN_OF[@]}"; do runs+=("${RUN_OF[$pid]}"); done
declare -A chosen=()
for run in "${runs[@]}"; do
  service=${run#*/}
  [[ $service == *~* ]] && service=${service%%~*}
  ((${#PD_SERVICES[@]} == 0)) || [[ -n ${asked[$service]-} ]] || continue
  chosen[$run]=1 asked[$service]=1
done
halt "$PD_GRACE_MS" "${!chosen[@]}"
for pid in "${!LIVE[@]}"; do
  service=${LIVE[$pid]#*/} && service=${service%%~*}
  command_of "$pid"
  printf 'left\t%s\t%s\t%s\n' "$service" "$pid" "$COMMAND"
  left_of[$service]=1
done
for service in "${!asked[@]}"; do [[ -n ${left_of[$service]-} ]] || printf 'gone\t%s\n' "$service"; done
for run in "${!chosen[@]}"; do
  service=${run#*/}
  rm -f -- "$PD_STATE/runs/$run/secrets"
  [[ -n ${left_of[${service%%~*}]-} ]] || sweep "$PD_STATE/runs/$run"
done
exit 0
