# shellcheck shell=bash disable=SC2154
# Brings PD_IMAGES to this node by PD_TOOL (docker, podman), one after the other, each within PD_SECONDS. One that is there is not pulled.
# Says `line TEXT` for what the tool writes, as it comes, and for each `there IMAGE`, or `exit STATUS IMAGE`, of which one that is not 0 is the last.
# Ends with the launcher: when that hangs up, or has been silent for PD_LEASE_S, the tool gets SIGTERM. After proc, gate and fence.
fetch() {
  [[ -z ${act-} ]] || exec {act}>&- # what the tool leaves running is not to hold the cluster's lock
  command -v -- "$PD_TOOL" >/dev/null || { printf 'there is no %s on this node\n' "$PD_TOOL" && exit 127; }
  exec timeout --foreground --kill-after=5 "$PD_SECONDS" "$PD_TOOL" pull "$1"
}

set -m # each pull is a process group of its own
for image in "${PD_IMAGES[@]}"; do
  if "$PD_TOOL" image inspect "$image" </dev/null >/dev/null 2>&1; then
    printf 'there\t%s\n' "$image"
    continue
  fi
  { (fetch "$image") </dev/null 2>&1 | sed -u 's/^/line\t/'; exit "${PIPESTATUS[0]}"; } &
  job=$!
  { while IFS= read -r -t "$PD_LEASE_S" _; do :; done; kill -TERM -- "-$job" 2>/dev/null; } <&0 >/dev/null 2>&1 &
  watchdog=$!
  wait "$job"
  status=$?
  kill -- "-$watchdog" 2>/dev/null
  printf '\nexit\t%s\t%s\n' "$status" "$image" # a last line without its end would run into this one
  ((status == 0)) || break
done
exit 0
