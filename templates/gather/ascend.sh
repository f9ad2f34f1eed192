# What npu-smi and hccn_tool list: "tool", "ascend" with a row of npu-smi's table, "ascend-link" and "ascend-tls" per device. No values.
if command -v npu-smi >/dev/null 2>&1; then
  if rows=$(timeout 8 npu-smi info 2>/dev/null); then
    printf 'tool npu-smi\n'
    sed -n 's/^| *[0-9]/ascend &/p' <<<"$rows"
  fi
fi
hccn=$(command -v hccn_tool || printf '%s' /usr/local/Ascend/driver/tools/hccn_tool)
if [[ -x $hccn ]]; then # often root's alone: then it says nothing, and nothing is known
  for device in /dev/davinci[0-9]*; do
    [[ -e $device ]] || continue
    id=${device#/dev/davinci}
    timeout 4 "$hccn" -i "$id" -link -g 2>/dev/null | sed -n "s/^link status: */ascend-link $id /p" &
    timeout 4 "$hccn" -i "$id" -tls -g 2>/dev/null | sed -n "s/.*tls switch\[\([01]\)\].*/ascend-tls $id \1/p" &
  done
  wait
fi
sed -n 's/^version=/version cann /p' /usr/local/Ascend/ascend-toolkit/latest/*/ascend_toolkit_install.info 2>/dev/null | head -n 1
