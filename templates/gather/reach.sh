# Whether ports of other nodes can be reached from here: "IP PORT WORD" lines, where the word is open, refused (nobody listens yet, and no
# firewall is in between) or what went wrong. Values: PD_WAYS (array of "IP PORT").
export LC_ALL=C
ask() {
  local said code
  said=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1)
  code=$?
  said=${said%%$'\n'*}
  case $code:$said in
    0:*) said=open ;;
    124:*) said='no answer in 3s' ;;
    *refused*) said=refused ;;
    *) said=${said##*: } ;;
  esac
  printf '%s %s %s\n' "$1" "$2" "$said"
}
running=0
for way in "${PD_WAYS[@]}"; do
  ask ${way% *} ${way#* } &
  ((++running % 64)) || wait
done
wait
