# shellcheck shell=bash disable=SC2154
# Ends PD_PIDS, `PID START` each, of which every one still has to be that process, this user's, and carry pdctl's mark: SIGTERM, at most
# PD_GRACE_MS, SIGKILL, until none is left. Their shared memory and pdctl's own directory for their sockets go with them. Prints `left PID COMMAND` for what stays.
declare -A start_of=()
shm=() scratch=()
for entry in "${PD_PIDS[@]}"; do
  pid=${entry% *}
  lives "$pid" "${entry#* }" && [[ -O /proc/$pid ]] && grep -qsz '^PDCTL_RUN=' "/proc/$pid/environ" || continue
  start_of[$pid]=${entry#* }
  while IFS= read -r file; do shm+=("$file"); done < <(grep -soE '/dev/shm/[^ ]+$' "/proc/$pid/maps")
  while IFS= read -r -d '' file; do
    [[ ! $file =~ ^VLLM_RPC_BASE_PATH=/tmp/pdctl-[A-Za-z0-9._-]+$ ]] || scratch+=("${file#*=}") # as a plan names it; another is the user's
  done 2>/dev/null <"/proc/$pid/environ"
done
tell() { for pid in "${!start_of[@]}"; do kill "-$1" "$pid" 2>/dev/null; done; }
alive() {
  local pid
  for pid in "${!start_of[@]}"; do lives "$pid" "${start_of[$pid]}" || unset "start_of[$pid]"; done
  ((${#start_of[@]}))
}
tell TERM
tell CONT
now_ms && kill_at=$((NOW + PD_GRACE_MS)) end=$((NOW + PD_GRACE_MS + 10000)) told=
while alive; do
  nap 0.05
  now_ms
  ((NOW < kill_at)) || [[ -n $told ]] || { tell KILL && told=1; }
  ((NOW < end)) || break
done
for pid in "${!start_of[@]}"; do
  command_of "$pid"
  printf 'left\t%s\t%s\n' "$pid" "$COMMAND"
done
((${#start_of[@]})) || for file in "${scratch[@]}"; do [[ ! -d $file || -L $file || ! -O $file ]] || rm -rf -- "$file"; done
for file in "${shm[@]}"; do [[ ! -f $file || ! -O $file ]] || ! shm_free "$file" || rm -f -- "$file"; done
exit 0
