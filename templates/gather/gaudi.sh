# What hl-smi lists: "tool" and "gaudi" lines, CSV behind the key; module ids, which survive a reboot. No values.
if command -v hl-smi >/dev/null 2>&1; then
  if rows=$(timeout 8 hl-smi -Q module_id,uuid,name,memory.total,memory.used -f csv,noheader,nounits 2>/dev/null); then
    printf 'tool hl-smi\n'
    sed -n 's/^[0-9]/gaudi &/p' <<<"$rows"
  fi
fi
