import { isIP } from "node:net";
import type { Role } from "../config.ts";
import { endpointUrl } from "../settings/check.ts";
import type { Draft } from "./draft.ts";

const ROLES = ["prefill", "decode"] as const;
/** What a script takes where only one of two lists is written. Source: proxy-protocols.md §A.1 */
const USUAL_PORT: Readonly<Record<Role, string>> = { prefill: "8100", decode: "8200" };
const NAMES: Readonly<Record<Role, string>> = { prefill: "prefiller", decode: "decoder" };

/** Endpoints by url. @param words a url, and for prefill what may follow it: the port of its bootstrap server, or `none` */
export function addUrl(draft: Draft, role: Role, words: readonly string[], name: string): void {
  const [said = "", bootstrap = "none"] = words;
  const url = said.endsWith("/") ? said.slice(0, -1) : said;
  if (!endpointUrl.is(url)) draft.faults.push(`${name} ${said}: expected ${endpointUrl.expects}${meant(said)}`);
  else if (bootstrap === "none") draft.endpoints[role].push({ url });
  else if (isPort(bootstrap)) draft.endpoints[role].push({ url, bootstrap });
  else draft.faults.push(`${name} ${said} ${bootstrap}: expected the port of its bootstrap server, or none`);
}

/** What was meant by an address without its scheme, or with a path behind it. */
function meant(said: string): string {
  if (/^[\w.-]+:\d+$/.test(said)) return `; write http://${said}`;
  const origin = /^https?:\/\/[^/?#]+/.exec(said)?.[0];
  return endpointUrl.is(origin) ? `; write ${origin}` : "";
}

/** Reads the lists of hosts and ports side by side, and adds what they make to the urls. */
export function addLists(draft: Draft): void {
  for (const role of ROLES) {
    const [hosts, ports] = [draft.lists.get(`${role} hosts`), draft.lists.get(`${role} ports`)];
    if (hosts === undefined && ports === undefined) continue;
    const named = hosts ?? ["localhost"];
    const numbered = ports ?? [USUAL_PORT[role]];
    const [hostFlag, portFlag] = [`--${NAMES[role]}-hosts`, `--${NAMES[role]}-ports`];
    if (named.length !== numbered.length)
      draft.faults.push(
        `${hostFlag} and ${portFlag}: ${count(named, "host")} and ${count(numbered, "port")}; write one port for each host`,
      );
    const faults = [
      ...named.flatMap((host) => hostFault(host).map((why) => `${hostFlag} ${host}: ${why}`)),
      ...numbered.flatMap((port) => (isPort(port) ? [] : [`${portFlag} ${port}: expected a port, 1 to 65535`])),
    ];
    draft.faults.push(...faults);
    if (faults.length === 0)
      for (const [at, host] of named.entries())
        if (numbered[at] !== undefined)
          draft.endpoints[role].push({ url: `http://${bracketed(host)}:${Number(numbered[at])}` });
  }
}

const count = ({ length }: readonly unknown[], what: string) => `${length} ${what}${length === 1 ? "" : "s"}`;
const isPort = (word: string) => /^\d{1,5}$/.test(word) && Number(word) >= 1 && Number(word) < 65_536;
const bracketed = (host: string) => (isIP(host) === 6 ? `[${host}]` : host);
const LABEL = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;

/** What is wrong with the name of a machine. Source: proxy-protocols.md §C.3 */
function hostFault(host: string): readonly string[] {
  if (isIP(host) !== 0 || isIP(host.replace(/^\[(.*)\]$/, "$1")) === 6) return [];
  if (host.includes("://")) return ["a host goes here; write a url behind --prefill or --decode"];
  if (/^<.*>$|^\{.*\}$|^\$/.test(host)) return ["a place-holder; write the host's name or address"];
  const [, name, port] = /^([^:]+):(\d+)$/.exec(host) ?? [];
  if (name !== undefined) return [`a host alone goes here; write ${name}, and ${port} in the list of ports`];
  const labels = host.split(".");
  if (labels.every((label) => /^\d+$/.test(label)))
    return ["no IP address; did two run together where a line was broken?"];
  if (host.length > 253 || !labels.every((label) => LABEL.test(label))) return ["no name of a machine"];
  return [];
}
