# One setup step of the topology, in a shell of its own at home. Values: PD_RUN (its text), PD_SECONDS (its limit). Answers "exit N" and
# the last lines that it wrote; past its limit it is ended here, so that nothing of it runs on when nobody waits any more.
# A step may leave something running: that is not to hold the cluster's lock. This shell does, until the step is over: also where its launcher
# is gone, the next one does not run it beside this one.
output=$([[ -z ${act-} ]] || exec {act}>&-; cd ~ && timeout --kill-after=5 "$PD_SECONDS" bash -c "$PD_RUN" </dev/null 2>&1 | tail -c 4000; exit "${PIPESTATUS[0]}")
printf 'exit %s\n%s\n' "$?" "$output"
