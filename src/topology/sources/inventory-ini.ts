import type { Group, Inventory, Vars } from "./inventory.ts";
import { inventoryHosts, withPort } from "./inventory-hosts.ts";
import type { Unlisted } from "./listed.ts";

/** Ansible's INI form: `[group]`, `[group:children]`, `[group:vars]`; hosts before the first section are ungrouped. */
export function readIni(text: string): Inventory | Unlisted {
  const groups = new Map<string, { hosts: string[]; children: string[]; vars: Record<string, string> }>();
  const hosts = new Map<string, Vars>();
  const groupOf = (name: string) => {
    const group = groups.get(name) ?? { hosts: [], children: [], vars: {} };
    groups.set(name, group);
    return group;
  };
  let [section, kind] = ["ungrouped", "hosts"];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = wordsOf(line);
    const [first] = words;
    if (first === undefined) continue;
    const wrong = (what: string, remedy: string): Unlisted => ({ wrong: `line ${i + 1}: ${what}`, remedy });
    const head = /^\[([^\]:]+)(?::(\w+))?\]$/.exec(line.replace(/\s+#.*$/, "").trim());
    if (head !== null) {
      [section, kind] = [head[1] ?? "", head[2] ?? "hosts"];
      if (!["hosts", "children", "vars"].includes(kind))
        return wrong(`[${section}:${kind}]`, "[group], [group:children] or [group:vars]");
      groupOf(section);
    } else if (kind === "children") groupOf(section).children.push(groupNamed(first, groupOf));
    else if (kind === "vars") {
      const [, name, value] = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (name === undefined) return wrong(`${JSON.stringify(line.trim())} is no variable`, "name=value");
      groupOf(section).vars[name] = unquoted(value ?? "");
    } else {
      const { pattern, vars } = withPort(first);
      const names = inventoryHosts(pattern);
      const own = assignments(words.slice(1));
      if (names === undefined)
        return wrong(`${JSON.stringify(first)} is no host`, "a name, or a range like web[01:10]");
      if (own === undefined)
        return wrong("a host is followed by something that is no variable", "name=value, without blanks around =");
      for (const name of names) {
        hosts.set(name, { ...hosts.get(name), ...vars, ...own });
        groupOf(section).hosts.push(name);
      }
    }
  }
  return { groups: new Map<string, Group>(groups), hosts };
}

function groupNamed(name: string, groupOf: (name: string) => unknown): string {
  groupOf(name);
  return name;
}

/** Words of a line as a shell would part them; what follows a # is a comment. */
function wordsOf(line: string): readonly string[] {
  if (/^\s*[#;]/.test(line)) return [];
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:[^\s"'#]|"[^"]*"|'[^']*'|(?<=\S)#)+|#.*/g)) {
    if (word.startsWith("#")) break;
    words.push(word);
  }
  return words;
}

function assignments(words: readonly string[]): Vars | undefined {
  const pairs = words.map((word) => /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word));
  if (pairs.includes(null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", unquoted(pair?.[2] ?? "")]));
}

const unquoted = (value: string): string => /^(["'])([\s\S]*)\1$/.exec(value)?.[2] ?? value;
