# What this node is, for a first topology: "key value" lines. Reads sysfs and asks the vendors' tools that are there; nothing is changed.
export LC_ALL=C
line() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }
line hostname "$(hostname -s 2>/dev/null || uname -n)"
read -r _ _ server _ <<<"${SSH_CONNECTION-}"
line address "${server-}" # the node's own end of this connection
if command -v ip >/dev/null 2>&1; then
  while read -r _ name _ address _; do line interface "$name ${address%%/*}"; done < <(ip -o -4 addr show 2>/dev/null)
fi
line cpus "$(nproc 2>/dev/null)"
if command -v nvidia-smi >/dev/null 2>&1; then
  while read -r name; do line cuda "$name"; done < <(timeout 10 nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null)
fi
for node in /sys/class/kfd/kfd/topology/nodes/*; do # CPUs are nodes too: those have no gpu_id
  [[ -r $node/gpu_id && $(<"$node/gpu_id") != 0 ]] || continue
  line rocm "$(awk '$1 == "gfx_target_version" { print $2 }' "$node/properties" 2>/dev/null)"
done
for device in /sys/class/accel/accel*/device/device_type; do
  [[ -r $device ]] && line gaudi "$(<"$device")"
done
chips=(/dev/davinci[0-9]*)
if [[ -e ${chips[0]} ]]; then
  chip=$(timeout 10 npu-smi info 2>/dev/null | awk '$1 == "|" && $3 ~ /^(Ascend)?(910|310)/ { print $3; exit }')
  for _ in "${chips[@]}"; do line ascend "$chip"; done
fi
line end ok
