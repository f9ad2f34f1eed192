import type { Json, Role } from "../../topology/topology.ts";
import type { Placed } from "../documents/yaml-places.ts";
import type { Spot, Voice } from "../remark.ts";
import { wordsOf } from "../shell/child.ts";
import type { Field, Text } from "../shell/text.ts";
import { some } from "../topology/transfer.ts";
import type { Started } from "./started.ts";

export const isModelService = (root: Placed): boolean =>
  root.get("modelArtifacts").there && (root.get("decode").there || root.get("prefill").there);

const roles = ["prefill", "decode"] as const;
/** Accelerators by what a pod asks for. */
const resources: Readonly<Record<string, string>> = {
  "nvidia.com/gpu": "cuda",
  "amd.com/gpu": "rocm",
  "habana.ai/gaudi": "gaudi",
};
const kinds: Readonly<Record<string, string>> = { nvidia: "cuda", amd: "rocm", "intel-gaudi": "gaudi", cpu: "cpu" };

/** Values of the llm-d modelservice chart: each pod is an engine. Source: launch.md §9.1. */
export function modelServiceStarts(root: Placed, _ask: unknown, voice: Voice): readonly Started[] {
  const known = new Set(["modelArtifacts", "routing", "prefill", "decode", "accelerator", "multinode"]);
  for (const part of root.entries) if (!known.has(part.key)) voice.dropped(part.at, part.key, "a matter of Kubernetes");
  artifacts(root, voice);
  routing(root, voice);
  return roles.flatMap((role) => pods(root, role, voice));
}

function artifacts(root: Placed, voice: Voice): void {
  for (const part of root.get("modelArtifacts").entries) {
    if (part.key === "name") voice.kept(part.at, part.key, "model");
    else if (part.key === "authSecretName")
      voice.changed(part.at, part.key, "secrets: HF_TOKEN comes from your environment");
    else
      voice.dropped(
        part.at,
        part.key,
        "nodes read the model from a path of their own or from the hub: write a path under model where it lies on them",
      );
  }
}

function routing(root: Placed, voice: Voice): void {
  for (const part of root.get("routing").entries) {
    if (part.key === "servicePort")
      voice.kept(
        part.at,
        part.key,
        "the port of prefill's pods; on one machine per role decode has the sidecar's target",
      );
    else if (part.key === "proxy")
      voice.changed(part.at, part.key, "pdctl's own proxy stands in the place of the sidecar before each decode pod");
    else voice.dropped(part.at, part.key, "gateway and scheduler are Kubernetes': pdctl's proxy chooses the endpoints");
  }
}

function pods(root: Placed, role: Role, voice: Voice): readonly Started[] {
  const values = root.get(role);
  const at = values.at;
  if (!values.there || values.get("create").text === "false") return [];
  const replicas = values.get("replicas");
  const container = values.get("containers").items[0];
  if (container === undefined) {
    voice.missing(at, role, "it has no container");
    return [];
  }
  const parallel = values.get("parallelism");
  const number = (key: string) => Number(parallel.get(key).text ?? 1);
  const [tensor, data, workers] = [number("tensor"), number("data"), number("workers")];
  for (const each of parallel.entries) voice.kept(each.at, each.key, "parallel");
  if (workers > 1)
    voice.dropped(
      parallel.get("workers").at,
      "workers",
      "a pod over several machines: write parallel and nodes of this role by hand",
    );
  for (const each of values.entries)
    if (!["create", "replicas", "containers", "parallelism", "hostNetwork", "securityContext"].includes(each.key))
      voice.dropped(each.at, each.key, "a matter of Kubernetes");
  if (replicas.there) voice.kept(replicas.at, "replicas", "instances");
  const port =
    role === "decode"
      ? (root.get("routing").get("proxy").get("targetPort").text ?? "8200")
      : (root.get("routing").get("servicePort").text ?? "8000");
  const word = (text: string, there: Spot): Field => ({ text, at: there, pieces: [{ text, at: there }] });
  const name = root.get("modelArtifacts").get("name");
  const command = container.get("modelCommand");
  const own = container
    .get("args")
    .items.flatMap((item) => (item.text === undefined ? [] : [word(item.text, item.at)]));
  const custom = container.get("command").items.map(({ text = "", at: there }) => word(text, there));
  const script = command.text === "custom" ? (own[0] ?? custom.at(-1)) : undefined;
  const written = script === undefined ? own : wordsOf(script.text.replace(/^\s*exec\s+/, ""), script.at);
  const base = script === undefined ? [word("vllm", at), word("serve", at), word(name.text ?? "", name.at)] : [];
  const given = new Set(written.map(({ text }) => text.split("=", 1)[0]));
  const add = (flag: string, value: string, there: Spot) =>
    given.has(flag) ? [] : [word(flag, there), word(value, there)];
  const fields = [
    ...base,
    ...written,
    ...add("--port", port, at),
    ...(tensor > 1 ? add("--tensor-parallel-size", String(tensor), parallel.get("tensor").at) : []),
    ...(data > 1 ? add("--data-parallel-size", String(data), parallel.get("data").at) : []),
  ];
  const { env, secrets } = variables(container, root, voice);
  for (const each of container.entries)
    if (!["image", "args", "command", "env", "resources", "modelCommand", "securityContext", "name"].includes(each.key))
      voice.dropped(each.at, each.key, "a matter of Kubernetes; pdctl waits for every engine's own health");
  const copies = Number(replicas.text ?? 1);
  const hardware = hardwareOf(root, container);
  return [
    {
      command: {
        fields,
        env,
        at: container.at,
        to: fields.at(-1)?.at.line ?? at.line,
        sink: [],
        hint: [role],
        directory: "",
      },
      extras: {
        role,
        copies,
        secrets,
        runtime: { value: runtime(values, container, voice), at: container.at },
        ...(hardware !== undefined && { hardware }),
      },
    },
  ];
}

function hardwareOf(root: Placed, container: Placed): string | undefined {
  const asked = container
    .get("resources")
    .get("limits")
    .entries.map(({ key }) => resources[key])
    .find((each) => each !== undefined);
  return asked ?? kinds[root.get("accelerator").get("type").text ?? ""];
}

function variables(
  container: Placed,
  root: Placed,
  voice: Voice,
): { env: Map<string, { text: Text; at: Spot }>; secrets: readonly string[] } {
  const env = new Map<string, { text: Text; at: Spot }>();
  const secrets = root.get("modelArtifacts").get("authSecretName").there ? ["HF_TOKEN"] : [];
  for (const item of container.get("env").items) {
    const name = item.get("name");
    const from = item.get("valueFrom");
    if (name.text === undefined) continue;
    if (from.get("secretKeyRef").there) {
      secrets.push(name.text);
      voice.changed(name.at, name.text, "secrets: its value comes from your environment");
    } else if (from.there) voice.changed(name.at, name.text, "the pod's own address: pdctl writes the ip of the node");
    else env.set(name.text, { text: [{ text: item.get("value").text ?? "", at: name.at }], at: name.at });
  }
  return { env, secrets };
}

function runtime(values: Placed, container: Placed, voice: Voice): Readonly<Record<string, Json>> {
  const security = [values.get("securityContext"), container.get("securityContext")].find((each) => each.there);
  const caps =
    security
      ?.get("capabilities")
      .get("add")
      .items.map(({ text = "" }) => text) ?? [];
  const privileged = security?.get("privileged").text === "true";
  if (security !== undefined)
    voice.kept(security.get("privileged").at, "securityContext", "runtime.privileged, runtime.cap_add");
  if (values.get("hostNetwork").there)
    voice.kept(values.get("hostNetwork").at, "hostNetwork", "containers of pdctl are on the machine's own network");
  for (const each of container.get("resources").entries)
    voice.dropped(
      each.at,
      `resources.${each.key}`,
      "devices follow from parallel; a machine is not shared out by the scheduler here",
    );
  voice.kept(container.get("image").at, "image", "runtime.image");
  return some({
    kind: "docker",
    image: container.get("image").text,
    privileged: privileged ? true : undefined,
    cap_add: caps.length > 0 ? caps : undefined,
  });
}
