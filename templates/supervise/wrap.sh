# shellcheck shell=bash disable=SC2154
# wrap.sh DIR UMASK ARGV...: runs ARGV as its child in this session and writes down who it is and how it ended. Stays until it ends.
dir=$1 engine_umask=$2 && shift 2
umask 077

put() { durable "$dir/$1" "$2"; }
ident() { look "$1" && printf '{"pid":%s,"start":%s,"boot":"%s"}' "$1" "$START" "$BOOT" || printf null; }

trap 'hit=1' TERM INT HUP
# A command started with & ignores INT and QUIT; Python would then never see a KeyboardInterrupt.
(trap - INT QUIT && umask "$engine_umask" && exec {NAP}<&- && exec "$@") &
child=$!
now_ms
put handle.json "{\"wrapper\":$(ident $$),\"engine\":$(ident $child),\"at\":$NOW}"

launching() { # the launch script has not yet become the engine
  local word
  while IFS= read -r -d '' word; do [[ $word == */launch.sh ]] && return 0; done 2>/dev/null <"/proc/$child/cmdline"
  return 1
}
[[ -e $dir/secrets ]] && {
  while launching; do nap 0.1; done
  rm -f -- "$dir/secrets"
} &

while :; do # a signal to this shell ends `wait` too; only the child's own end counts
  hit=
  wait "$child"
  status=$?
  [[ -n $hit ]] || break
done
sessions $$ # what outlives its engine in this session is ours as long as it lives, also without the mark
for pid in "${!SESSION_OF[@]}"; do [[ $pid == "$$" ]] || ! look "$pid" || printf '%s %s\n' "$pid" "$START"; done >"$dir/survivors"
now_ms
signal=null
((status > 128 && status < 193)) && name=$(kill -l $((status - 128)) 2>/dev/null) && signal="\"${name#SIG}\""
rm -f -- "$dir/secrets"
asked=false && [[ ! -e $dir/asked ]] || asked=true
put exit.json "{\"status\":$status,\"signal\":$signal,\"at\":$NOW,\"asked\":$asked}"
