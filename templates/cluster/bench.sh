# shellcheck shell=bash disable=SC2154
# Runs PD_LAUNCH, the text of a launch script, in PD_DIR, which it makes and takes away again. Says `at TEXT` (the last thing it wrote) every
# two seconds, at the end `line TEXT` for its last lines, `result TEXT` for PD_DIR/result.json as one line, and `exit STATUS`,
# which is missing where PD_SECONDS were over before. Nothing of it outlives this script: it ends with the launcher's hanging up, or with PD_LEASE_S of its silence.
PD_MARK=$PD_CLUSTER/$PD_GENERATION/bench
umask 077
mkdir -p -- "$PD_DIR" && printf '%s' "$PD_LAUNCH" >"$PD_DIR/launch.sh" || exit 1
[[ -z $PD_SECRETS ]] || printf '%s' "$PD_SECRETS" >"$PD_DIR/secrets" || exit 1
PDCTL_RUN=$PD_MARK PDCTL_HOME=$PD_STATE SPT_NOENV=1 setsid bash "$PD_DIR/launch.sh" >"$PD_DIR/log" 2>&1 </dev/null &
child=$!

leave() {
  kill -KILL -- "-$child" 2>/dev/null
  wait "$child" 2>/dev/null
  rm -rf -- "$PD_DIR"
  rmdir -- "${PD_DIR%/*}" 2>/dev/null
  exit 0
}
trap leave EXIT # a link that breaks ends this shell by a signal
written() { tail -c "$1" -- "$PD_DIR/log" | tr '\r' '\n'; } # a bar is drawn over itself

silent_since=$SECONDS said=$SECONDS
while kill -0 "$child" 2>/dev/null; do
  IFS= read -r -t 0.2 _
  heard=$?
  if ((heard == 0)); then silent_since=$SECONDS; elif ((heard <= 128)); then leave; fi
  ((SECONDS - silent_since <= PD_LEASE_S)) || leave
  ((SECONDS <= PD_SECONDS)) || { written 4000 | sed 's/^/line\t/' && leave; }
  ((SECONDS - said < 2)) || { said=$SECONDS && printf 'at\t%s\n' "$(written 400 | grep . | tail -n 1)" || leave; }
done
wait "$child"
status=$?
written 64000 | sed 's/^/line\t/'
[[ ! -r $PD_DIR/result.json ]] || printf 'result\t%s\n' "$(tr -d '\n' <"$PD_DIR/result.json")"
printf 'exit\t%s\n' "$status"
