# What this node is, for a first topology: "key value" lines. What the vendors' tools list stands before it, by the scripts of their own; this
# one reads what the kernel shows where there is no tool. Nothing is changed.
export LC_ALL=C
line() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }
line hostname "$(hostname -s 2>/dev/null || uname -n)"
read -r _ _ server _ <<<"${SSH_CONNECTION-}"
line address "${server-}" # the node's own end of this connection
if command -v ip >/dev/null 2>&1; then
  while read -r _ name _ address _; do line interface "$name ${address%%/*}"; done < <(ip -o -4 addr show 2>/dev/null)
fi
line cpus "$(nproc 2>/dev/null)"
for node in /sys/class/kfd/kfd/topology/nodes/*; do # CPUs are nodes too: those have no gpu_id
  [[ -r $node/gpu_id && $(<"$node/gpu_id") != 0 ]] || continue
  line kfd "$(awk '$1 == "gfx_target_version" { print $2 }' "$node/properties" 2>/dev/null)"
done
for device in /sys/class/accel/accel*/device/device_type; do
  [[ -r $device ]] && line accel "$(<"$device")"
done
for chip in /dev/davinci[0-9]*; do
  [[ -e $chip ]] && line davinci "${chip#/dev/davinci}"
done
line end ok
