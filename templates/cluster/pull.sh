# shellcheck shell=bash disable=SC2154
# Brings PD_IMAGES to this node by PD_TOOL (docker, podman), one after the other, each within PD_SECONDS, as PD_PULLS says: missing, always, never.
# Says `line TEXT` for what the tool writes, as it comes, and for each `there ID IMAGE`, `pulled ID IMAGE`, `absent - IMAGE` or `failed STATUS IMAGE`,
# of which one of the last two is the end. Ends with the launcher: when that hangs up, or has been silent for PD_LEASE_S, the tool gets SIGTERM.
# After proc, gate and fence.
fetch() {
  [[ -z ${act-} ]] || exec {act}>&- # what the tool leaves running is not to hold the cluster's lock
  command -v -- "$PD_TOOL" >/dev/null || { printf 'there is no %s on this node\n' "$PD_TOOL" && exit 127; }
  exec timeout --foreground --kill-after=5 "$PD_SECONDS" "$PD_TOOL" pull "$1"
}
image_id() { # → ID (empty: there is none); podman leaves `sha256:` out
  ID=$("$PD_TOOL" image inspect -f '{{.Id}}' "$1" </dev/null 2>/dev/null)
  [[ -n $ID ]] && ID=sha256:${ID#sha256:}
}

set -m # each pull is a process group of its own
i=-1
for image in "${PD_IMAGES[@]}"; do
  ((++i))
  if [[ ${PD_PULLS[i]} != always ]] && image_id "$image"; then
    printf 'there\t%s\t%s\n' "$ID" "$image"
    continue
  elif [[ ${PD_PULLS[i]} == never ]]; then
    printf 'absent\t-\t%s\n' "$image"
    break
  fi
  { (fetch "$image") </dev/null 2>&1 | sed -u 's/^/line\t/'; exit "${PIPESTATUS[0]}"; } &
  job=$!
  { while IFS= read -r -t "$PD_LEASE_S" _; do :; done; kill -TERM -- "-$job" 2>/dev/null; } <&0 >/dev/null 2>&1 &
  watchdog=$!
  wait "$job"
  status=$?
  kill -- "-$watchdog" 2>/dev/null
  ((status != 0)) || image_id "$image" || status=1
  if ((status == 0)); then
    printf '\npulled\t%s\t%s\n' "$ID" "$image" # a last line without its end would run into this one
  else
    printf '\nfailed\t%s\t%s\n' "$status" "$image"
    break
  fi
done
exit 0
