/** What a shell is to offer of one verb. */
export interface VerbWords {
  readonly name: string;
  readonly says: string;
  readonly flags: readonly {
    readonly long: string;
    readonly short?: string;
    readonly says: string;
    readonly value: boolean;
    readonly choices: readonly string[];
  }[];
  /** Its first argument is a topology file. */
  readonly topology: boolean;
}

export type Shell = "bash" | "zsh" | "fish";

/** The text that a start-up file of the shell reads. Nothing of it runs pdctl while somebody types. */
export function completion(shell: Shell, verbs: readonly VerbWords[]): string {
  if (shell === "fish") return fish(verbs);
  return shell === "bash" ? bash(verbs) : `#compdef pdctl\nautoload -U +X bashcompinit && bashcompinit\n${bash(verbs)}`;
}

function bash(verbs: readonly VerbWords[]): string {
  const cases = verbs.map(({ name, flags, topology }) => {
    const words = flags.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]).join(" ");
    return `    ${name}) flags='${words}' files=${topology ? 1 : "''"} ;;`;
  });
  const chosen = verbs.flatMap(({ name, flags }) =>
    flags
      .filter(({ choices }) => choices.length > 0)
      .map(
        ({ long, choices }) =>
          `    '${name} ${long}') COMPREPLY=($(compgen -W '${choices.join(" ")}' -- "$word")) && return ;;`,
      ),
  );
  const valued = [
    ...new Set(
      verbs.flatMap(({ flags }) =>
        flags
          .filter(({ value }) => value)
          .flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]),
      ),
    ),
  ];
  return `# pdctl, for bash: source <(pdctl completion bash)
_pdctl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb=\${COMP_WORDS[1]-} flags='' files=''
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${verbs.map(({ name }) => name).join(" ")}' -- "$word"))
    return
  fi
  case "$verb $before" in
${chosen.join("\n")}
    *) ;;
  esac
  case $verb in
${cases.join("\n")}
    *) ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [[ -n $files || " ${valued.join(" ")} " == *" $before "* ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _pdctl pdctl
`;
}

function fish(verbs: readonly VerbWords[]): string {
  const text = (says: string) => `'${says.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = verbs.flatMap(({ name, says, flags, topology }) => [
    `complete -c pdctl -n __fish_use_subcommand -f -a ${name} -d ${text(says)}`,
    ...(topology ? [] : [`complete -c pdctl -n '__fish_seen_subcommand_from ${name}' -f`]),
    ...flags.map(({ long, short, says: what, value, choices }) => {
      const words = [
        `complete -c pdctl -n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)}`,
        ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
        ...(value ? ["-r"] : []),
        ...(choices.length > 0 ? [`-f -a '${choices.join(" ")}'`] : []),
        ...(what === "" ? [] : [`-d ${text(what)}`]),
      ];
      return words.join(" ");
    }),
  ]);
  return `# pdctl, for fish: pdctl completion fish > ~/.config/fish/completions/pdctl.fish\n${lines.join("\n")}\n`;
}
