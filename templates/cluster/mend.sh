# shellcheck shell=bash disable=SC2154
# Writes PD_FILES[i] with the one line PD_LINES[i], as root, and PD_VALUES[i] into PD_SETTINGS[i] ("" = none). Without a password: nobody
# is there who could type one.
as_root() { if ((UID == 0)); then "$@"; else sudo -n -- "$@"; fi; }
i=0
for file in "${PD_FILES[@]}"; do
  as_root mkdir -p -- "${file%/*}" || exit 4
  printf '# written by pdctl check --fix\n%s\n' "${PD_LINES[i]}" | as_root tee -- "$file" >/dev/null || exit 4
  if [[ -n ${PD_SETTINGS[i]} ]]; then printf '%s\n' "${PD_VALUES[i]}" | as_root tee -- "${PD_SETTINGS[i]}" >/dev/null || exit 4; fi
  ((++i))
done
exit 0
