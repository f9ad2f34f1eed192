import type { Target } from "../../proxy/config.ts";
import type { Slot, Trial } from "./trial.ts";

type Role = Target["role"];
/** Covered, of how many. */
type Share = readonly [number, number];

/** Which slots have served, and which prefill has handed KV to which decode. */
export class Coverage {
  readonly #all: Readonly<Record<Role, readonly string[]>>;
  readonly #met: Readonly<Record<Role, Set<string>>> = { prefill: new Set(), decode: new Set() };
  readonly #paths = new Set<string>();

  constructor(targets: readonly Target[]) {
    this.#all = { prefill: slotsOf(targets, "prefill"), decode: slotsOf(targets, "decode") };
  }

  add({ prefill, decode }: Pick<Trial, "prefill" | "decode">): void {
    if (prefill !== undefined) this.#met.prefill.add(nameOf(prefill));
    if (decode !== undefined) this.#met.decode.add(nameOf(decode));
    if (prefill !== undefined && decode !== undefined) this.#paths.add(`${prefill.url} ${decode.url}`);
  }

  /** Slots of both roles, and with `paths` every endpoint of prefill to every endpoint of decode. */
  done({ paths }: { paths: boolean }): boolean {
    return this.uncovered.length === 0 && (!paths || this.paths[0] === this.paths[1]);
  }

  /** Requests that must be enough: three times what there is to cover. */
  most({ paths }: { paths: boolean }): number {
    return 3 * Math.max(this.#all.prefill.length, this.#all.decode.length, paths ? this.paths[1] : 0);
  }

  /** Slots that never served. */
  get uncovered(): readonly string[] {
    return (["prefill", "decode"] as const).flatMap((role) =>
      this.#all[role].filter((slot) => !this.#met[role].has(slot)),
    );
  }

  /** The same as people name them: an engine that never served, or the slots that it left out. */
  named(serviceOf: (url: string) => string | undefined): readonly string[] {
    const met = new Set([...this.#met.prefill, ...this.#met.decode].map(urlOf));
    const names = this.uncovered.map((slot) => {
      const service = serviceOf(urlOf(slot)) ?? urlOf(slot);
      return met.has(urlOf(slot)) ? `${service} slot ${slot.slice(slot.lastIndexOf("#") + 1)}` : service;
    });
    return [...new Set(names)];
  }

  slots(role: Role): Share {
    return [this.#all[role].filter((slot) => this.#met[role].has(slot)).length, this.#all[role].length];
  }

  endpoints(role: Role): Share {
    return [urls(this.#all[role].filter((slot) => this.#met[role].has(slot))), urls(this.#all[role])];
  }

  get paths(): Share {
    return [this.#paths.size, this.endpoints("prefill")[1] * this.endpoints("decode")[1]];
  }
}

/** `http://10.0.1.10:8087#2` */
const nameOf = ({ url, slot }: Slot) => `${url}#${slot}`;

const slotsOf = (targets: readonly Target[], role: Role) =>
  targets
    .filter((target) => target.role === role)
    .flatMap(({ url, slots }) => Array.from({ length: slots }, (_, slot) => nameOf({ url, slot })));

const urlOf = (slot: string) => slot.slice(0, slot.lastIndexOf("#"));
const urls = (slots: readonly string[]) => new Set(slots.map(urlOf)).size;
