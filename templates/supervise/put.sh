# shellcheck shell=bash disable=SC2034,SC2154
# Files onto the node. PD_ASK=1: prints the positions of those that are missing. Else stdin is their contents one after the
# other; each is written aside, its digest compared, and renamed, so that a half file never has the name of a whole one.
OWN_UMASK=$(umask) # the user's: services get it back
umask 077
i=0
for path in "${PD_PATHS[@]}"; do
  if [[ -n $PD_ASK ]]; then
    [[ -f $path && $(stat -c %s -- "$path") == "${PD_SIZES[i]}" ]] || printf '%s\n' "$i"
    ((++i))
    continue
  fi
  tmp=$path.$$
  mkdir -p -- "${path%/*}" || exit 4
  head -c "${PD_SIZES[i]}" >"$tmp" || { rm -f -- "$tmp"; exit 4; }
  read -r sum _ < <(sha256sum -- "$tmp")
  if [[ $sum != "${PD_SHAS[i]}" ]]; then
    printf '%s arrived damaged or the disk is full\n' "$path" >&2
    rm -f -- "$tmp"
    exit 4
  fi
  chmod "${PD_MODES[i]}" -- "$tmp" && mv -f -- "$tmp" "$path" || { rm -f -- "$tmp"; exit 4; }
  ((++i))
done
[[ -z $PD_ASK ]] || exit 0
mkdir -p -- "$PD_STATE"
for path in "${PD_PATHS[@]}" "${PD_LINKS[@]}"; do # what `forget` has to remove besides the state directory
  [[ -z $path || $path == "$PD_STATE"/* ]] || printf '%s\n' "$path" >>"$PD_STATE/outside"
done
i=0
for link in "${PD_LINKS[@]}"; do # "" = none; the new name is there before the old one is not
  if [[ -n $link ]]; then
    mkdir -p -- "${link%/*}" && ln -s -- "${PD_LINK_TO[i]}" "$link.$$" && mv -fT -- "$link.$$" "$link" || exit 4
  fi
  ((++i))
done
