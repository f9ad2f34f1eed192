import { matchesHost } from "../known-hosts.ts";
import type { ConfigFile } from "./read-config.ts";

/** What counts for one name in ssh_config, as we read it. */
export interface Counted {
  /** Names with the same settings get the same answer from `ssh -G`, but for the name itself. */
  readonly key: string;
  /** Where ssh goes, in place of the name that was asked for. */
  readonly host: string;
  /** `file` of every file, and `file line N` of every Host line that fits, as `ssh -v` says it. */
  readonly read: readonly string[];
  readonly applied: readonly string[];
  /** Values with tokens that ssh must have left in its answer as they are: each is expanded for each name. */
  readonly raw: readonly (readonly [keyword: string, value: string])[];
}

const NAME = /^[a-z0-9][a-z0-9._:-]*$/; // ssh makes small letters of large ones, and refuses signs of the shell
/** Of what pdctl takes from the answer: a token in any other value is not looked at. */
const TAKEN = new Set(
  `user port identityfile identitiesonly identityagent proxyjump proxycommand userknownhostsfile globalknownhostsfile
  hashknownhosts hostkeyalias certificatefile gssapiauthentication kexalgorithms`.split(/\s+/),
);

/** Undefined: only ssh can say it. */
export function countedFor(files: readonly ConfigFile[], name: string): Counted | undefined {
  const [settings, read, applied]: [[string, string][], string[], string[]] = [[], [], []];
  const walk = ({ path, entries }: ConfigFile, outer: boolean) => {
    let counts = outer;
    read.push(path);
    for (const entry of entries) {
      if (entry.kind === "set" && counts) settings.push([entry.keyword, entry.value]);
      else if (entry.kind === "all") counts = outer;
      else if (entry.kind === "include") for (const file of entry.files) walk(file, counts);
      else if (entry.kind === "host") {
        counts = outer && matchesHost(entry.patterns, name);
        if (counts) applied.push(`${path} line ${entry.line}`);
      }
    }
  };
  for (const file of files) walk(file, true);
  const hostName = settings.find(([keyword]) => keyword === "hostname")?.[1] ?? "%h";
  const host = hostName.replaceAll("%h", name);
  if (!NAME.test(name) || !NAME.test(host)) return undefined;
  const others = settings.filter(([keyword]) => keyword !== "hostname");
  const raw = others.filter(([keyword, value]) => TAKEN.has(keyword) && value.includes("%"));
  return { key: JSON.stringify(others), host, read, applied, raw };
}
