import { setTimeout as pause } from "node:timers/promises";
import { sha256 } from "../../plan/files.ts";
import { liveHash } from "../../plan/hash.ts";
import type { Target } from "../../proxy/config.ts";
import { amend, type ServiceSpec } from "../../supervise/index.ts";
import { type LiveNote, liveOf } from "../changes/live-file.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { Ended, finding } from "../run/verb.ts";
import type { Standing } from "../standing/standing.ts";
import { targetsIn } from "./endpoints.ts";
import { Mute, type ProxyAt, type Seen, seenBy, tellsTargets } from "./proxy-says.ts";

const LOOK_MS = 200; // between two looks at what the proxy has still to do
const HEARD_MS = 15_000; // a proxy that was told and says nothing new hangs
const BEAT_MS = 10_000;

/** The proxy that runs, as one that can be told anew which endpoints there are; what it was told is what its record says. */
export class Gateway {
  readonly #at: ProxyAt;
  readonly #stateDir: string;
  #spec: ServiceSpec;
  #live: LiveNote;
  /** Its record says something else than what is to hold. */
  #stale = false;

  private constructor(spec: ServiceSpec, live: LiveNote, at: ProxyAt, stateDir: string) {
    [this.#spec, this.#live, this.#at, this.#stateDir] = [spec, live, at, stateDir];
  }

  /** undefined: there is none that lives, answers, and can be told anything while it runs. */
  static async of(
    { services }: Standing,
    stateDirOf: (node: string) => string,
    fleet: Fleet,
    run: Run,
  ): Promise<Gateway | undefined> {
    const proxy = services.find(({ spec, state }) => spec.kind === "proxy" && state.state === "alive");
    const live = proxy && liveOf(proxy.spec);
    const probe = proxy?.spec.ready.find(({ kind }) => kind === "http");
    if (proxy === undefined || live === undefined || probe?.kind !== "http") return undefined;
    const at = { node: proxy.node, url: `http://${probe.host}:${probe.port}` };
    if (!(await tellsTargets(at, fleet, run))) return undefined; // a proxy of before cannot be told
    return new Gateway(proxy.spec, live, at, stateDirOf(proxy.node));
  }

  get node(): string {
    return this.#at.node;
  }

  /** Its configuration, as it was told last. */
  get content(): string {
    return this.#live.content;
  }

  get targets(): readonly Target[] {
    return targetsIn(this.#live.content);
  }

  /** What its record names beside: which engine answers where. */
  get note(): ServiceSpec["note"] {
    return this.#spec.note;
  }

  /** From now on its record is this one's, whatever it is told: its generation stays that of its start. */
  becomes(spec: ServiceSpec): void {
    this.#spec = { ...spec, generation: this.#spec.generation };
    this.#stale = true;
  }

  /** Tells it this configuration, and returns when it goes by it. What it was told already is not told again. */
  async tell(content: string, fleet: Fleet, run: Run): Promise<void> {
    if (content === this.#live.content && !this.#stale) return;
    this.#stale = false;
    const { link, name, fixed } = this.#live;
    const digest = sha256(content);
    this.#live = { link, name, content, fixed };
    const note = { ...this.#spec.note, live: this.#live, targets: targetsIn(content) };
    this.#spec = { ...this.#spec, hash: liveHash(fixed, [digest]), note };
    const path = `${this.#stateDir}/files/${digest}`;
    const file = { path, mode: 0o600, sha256: digest, content: Buffer.from(content), link };
    const session = fleet.session(this.node);
    const said = await amend(session, { stateDir: this.#stateDir, spec: this.#spec, file }, fleet.scripts, run.signal);
    if (said === "gone") throw mute("the proxy ended while it was to be told of other endpoints", run);
    await this.#heard(targetsIn(content), fleet, run);
  }

  /** Until it chooses among exactly these, and knows of each role one that is up; one that comes is asked within a second. */
  async #heard(wanted: readonly Target[], fleet: Fleet, run: Run): Promise<void> {
    const late = run.clock() + HEARD_MS;
    const expected = namesOf(wanted);
    for (;;) {
      const serving = (await this.#look(fleet, run)).filter(({ serves }) => serves);
      const goesByIt = namesOf(serving) === expected;
      const ready = ROLES.every((role) => serving.some((one) => one.role === role && one.up));
      if (goesByIt && (ready || run.clock() > late)) return; // that nothing of a role is up is not its fault
      if (run.clock() > late) throw mute("the proxy was told of other endpoints and does not go by them", run);
      await pause(LOOK_MS, undefined, { signal: run.signal });
    }
  }

  /**
   * Waits until no request is at these endpoints any more, at most `limitMs`.
   * @param onBeat  is told every ten seconds how many are left, and after how many seconds
   * @returns how many requests were left when the time was over
   */
  async drained(
    urls: ReadonlySet<string>,
    limitMs: number,
    onBeat: (left: number, seconds: number) => void,
    fleet: Fleet,
    run: Run,
  ): Promise<number> {
    const began = run.clock();
    let beat = began + BEAT_MS;
    for (;;) {
      const busy = (await this.#look(fleet, run)).filter(({ url, idle }) => urls.has(url) && !idle);
      const left = busy.reduce((sum, { inFlight }) => sum + Math.max(1, inFlight), 0);
      if (left === 0 || run.clock() - began >= limitMs) return left;
      if (run.clock() >= beat) {
        beat += BEAT_MS;
        onBeat(left, Math.round((run.clock() - began) / 1000));
      }
      await pause(LOOK_MS, undefined, { signal: run.signal });
    }
  }

  async #look(fleet: Fleet, run: Run): Promise<readonly Seen[]> {
    try {
      return await seenBy(this.#at, fleet, run);
    } catch (error) {
      if (error instanceof Mute) throw mute(`the proxy does not say which endpoints it has: ${error.message}`, run);
      throw error;
    }
  }
}

const ROLES = ["prefill", "decode"] as const;

const namesOf = (targets: readonly { readonly role: string; readonly url: string }[]) =>
  targets
    .map(({ role, url }) => `${role} ${url}`)
    .sort()
    .join(" ");

/** Said once, where nothing was stopped yet for what could not be told. */
function mute(title: string, run: Run): Ended {
  run.emit(finding({ title, do: ["pdctl logs proxy --tail 50"], log: "pdctl logs proxy --tail 50" }, "proxy-mute"));
  return new Ended({
    exit: 1,
    state: "unknown",
    verdict: "is left as it is · the proxy could not be told what changes",
    next: ["pdctl status", "pdctl logs proxy"],
  });
}
