import type { Json } from "../../topology/topology.ts";
import type { Placed } from "../documents/yaml-places.ts";
import type { Spot, Voice } from "../remark.ts";
import { wordsOf } from "../shell/child.ts";
import type { Command } from "../shell/command.ts";
import type { Field } from "../shell/text.ts";
import { some } from "../topology/transfer.ts";
import type { Started } from "./started.ts";

export const isCompose = (root: Placed): boolean =>
  root.get("services").entries.some((each) => each.get("image").there || each.get("command").there);

/** Keys of a service that have no place here, and why; others that are not read are said too. */
const reasons: Readonly<Record<string, string>> = {
  depends_on: "pdctl starts in waves, and each waits for the one before",
  restart: "pdctl says why an engine ended, and up starts what is missing",
  healthcheck: "pdctl waits for every engine's own health",
  container_name: "pdctl names its containers",
  logging: "pdctl keeps the output of every service",
  env_file: "write its variables under env, its secrets under secrets",
  build: "build the image before",
};
const read = new Set([
  "image",
  "command",
  "entrypoint",
  "environment",
  "network_mode",
  "ports",
  "privileged",
  "cap_add",
  "volumes",
  "ipc",
  "shm_size",
  "deploy",
  "runtime",
  "devices",
  "ulimits",
  "security_opt",
  "group_add",
  ...Object.keys(reasons),
]);

/** The containers of a compose file as processes; images of vLLM start `vllm serve` by themselves. */
export function composeStarts(
  root: Placed,
  { values }: { readonly values: Readonly<Record<string, string>> },
  voice: Voice,
): readonly Started[] {
  for (const part of root.entries)
    if (!["services", "version", "name"].includes(part.key)) voice.dropped(part.at, part.key, "only services are read");
  return root.get("services").entries.flatMap((service) => {
    const at = service.at;
    for (const each of service.entries) {
      if (each.key in reasons) voice.dropped(each.at, each.key, reasons[each.key] ?? "");
      else if (!read.has(each.key))
        voice.dropped(each.at, each.key, "no key of a topology does this; runtime.options takes flags of docker run");
    }
    const fill = (text: string) =>
      text
        .replaceAll(
          /\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g,
          (all, name: string | undefined, otherwise: string | undefined, bare: string | undefined) =>
            values[name ?? bare ?? ""] ?? otherwise ?? all,
        )
        .replaceAll("$$", "$");
    const fields = words(service, fill);
    if (fields.length === 0) {
      voice.dropped(
        at,
        service.key,
        "it has no command that is known here; a side process of your own goes under services",
      );
      return [];
    }
    const env = variables(service, fill);
    devicesOf(service, env, voice);
    const command: Command = {
      fields,
      env,
      at,
      to: fields.at(-1)?.at.line ?? at.line,
      sink: [],
      hint: [service.key],
      directory: "",
    };
    return [
      {
        command,
        extras: {
          runtime: { value: runtime(service, voice), at },
          published: published(service, voice),
          called: [
            service.key,
            ...(service.get("container_name").text === undefined ? [] : [service.get("container_name").text ?? ""]),
          ],
        },
      },
    ];
  });
}

function words(service: Placed, fill: (text: string) => string): readonly Field[] {
  const of = (part: Placed): readonly Field[] =>
    part.text !== undefined
      ? wordsOf(fill(part.text), part.at)
      : part.items.map(({ text = "", at }) => ({ text: fill(text), at, pieces: [{ text: fill(text), at }] }));
  const all = [...of(service.get("entrypoint")), ...of(service.get("command"))];
  const [first, second, script] = all;
  if (script !== undefined && /^(\/bin\/)?(ba)?sh$/.test(first?.text ?? "") && /^-\w*c$/.test(second?.text ?? ""))
    return wordsOf(script.text.replace(/^\s*exec\s+/, ""), script.at);
  const serves =
    /vllm/.test(service.get("image").text ?? "") &&
    !service.get("entrypoint").there &&
    (first?.text.startsWith("-") === true || !/^(vllm(-router)?|python3?|bash|sh)$/.test(first?.text ?? "vllm"));
  const at = first?.at ?? service.at;
  return serves ? [...["vllm", "serve"].map((text) => ({ text, at, pieces: [{ text, at }] })), ...all] : all;
}

function variables(
  service: Placed,
  fill: (text: string) => string,
): Map<string, { text: readonly { text: string; at: Spot }[]; at: Spot }> {
  const env = service.get("environment");
  const pairs = [
    ...env.entries.map((each) => [each.key, each.text ?? `\${${each.key}}`, each.at] as const),
    ...env.items.map(
      ({ text = "", at }) =>
        [
          text.split("=", 1)[0] ?? "",
          text.includes("=") ? text.slice(text.indexOf("=") + 1) : `\${${text}}`,
          at,
        ] as const,
    ),
  ];
  return new Map(pairs.map(([name, text, at]) => [name, { text: [{ text: fill(text), at }], at }]));
}

/** `deploy.resources.reservations.devices`: which ones become those that the engine sees. */
function devicesOf(
  service: Placed,
  env: Map<string, { text: readonly { text: string; at: Spot }[]; at: Spot }>,
  voice: Voice,
): void {
  for (const each of service.get("deploy").get("resources").get("reservations").get("devices").items) {
    const ids = each.get("device_ids").items.map(({ text = "" }) => text);
    const at = each.get("driver").at;
    if (ids.length > 0 && !env.has("CUDA_VISIBLE_DEVICES"))
      env.set("CUDA_VISIBLE_DEVICES", { text: [{ text: ids.join(","), at }], at });
    voice.kept(at, "devices", "each engine sees its own; the container gets all, and the visibility variable chooses");
  }
}

function runtime(service: Placed, voice: Voice): Readonly<Record<string, Json>> {
  const mounts = service.get("volumes").items.flatMap(({ text, at }) => {
    if (text === undefined || !/^(\/|~|\$\{?HOME)/.test(text)) {
      voice.dropped(
        at,
        text ?? "volume",
        "a volume or a path beside the file: runtime.mounts takes absolute paths of the node",
      );
      return [];
    }
    const [from = "", to = from, mode] = text.split(":");
    voice.kept(at, text, "runtime.mounts");
    return [from === to && mode === undefined ? from : [from, to, ...(mode === undefined ? [] : [mode])].join(":")];
  });
  const shm = service.get("shm_size");
  const caps = service.get("cap_add").items.map(({ text = "" }) => text);
  for (const key of ["image", "privileged", "cap_add"])
    if (service.get(key).there) voice.kept(service.get(key).at, key, `runtime.${key}`);
  for (const key of ["ipc", "runtime", "ulimits", "devices", "security_opt", "group_add"])
    if (service.get(key).there)
      voice.changed(service.get(key).at, key, "pdctl writes what the hardware needs; more goes under runtime.options");
  if (shm.there) voice.kept(shm.at, "shm_size", "runtime.options");
  return some({
    kind: "docker",
    image: service.get("image").text,
    privileged: service.get("privileged").text === "true" ? true : undefined,
    cap_add: caps.length > 0 ? caps : undefined,
    mounts: mounts.length > 0 ? mounts : undefined,
    options: shm.text === undefined ? undefined : ["--shm-size", shm.text],
  });
}

function published(service: Placed, voice: Voice): ReadonlyMap<number, number> {
  const network = service.get("network_mode");
  if (network.text === "host")
    voice.kept(network.at, "network_mode: host", "containers of pdctl are on the machine's own network");
  else
    voice.changed(
      service.at,
      "network",
      "containers of pdctl are on the machine's own network: ports are the machine's, and services are named by their node",
    );
  return new Map(
    service.get("ports").items.flatMap(({ text = "", at }) => {
      const [inner, outer] = text.split("/")[0]?.split(":").reverse() ?? [];
      if (outer === undefined || inner === undefined) return [];
      voice.kept(at, text, "the port of the machine");
      return [[Number(inner), Number(outer)] as const];
    }),
  );
}
