import { FakeEngine } from "./engine.ts";
import { promptKey, text } from "./model.ts";
import { type RawMember, rawMembers } from "./raw-json.ts";
import { Registry } from "./registry.ts";
import { type Dialect, speeches } from "./speech/index.ts";
import type { Speech } from "./speech/speech.ts";
import { Transfers } from "./transfers.ts";

export type { Dialect } from "./speech/index.ts";

/** What a client sent, so that both legs can be held against it. */
export interface Sent {
  readonly path: string;
  readonly raw: string;
  readonly members: readonly RawMember[];
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes that decode must get, besides what the family adds. */
  readonly atDecode: string;
  /** true: no prefill leg may come; "after-prefill": one may, and its answer is not used; "after-both": so may one at decode beside it. */
  readonly alone: boolean | "after-prefill" | "after-both";
  /** The client leaves between the legs: decode may be sent the ticket to fetch the KV, and is to make one token of no use. */
  readonly leaves?: boolean;
}

/** Engines on real sockets that check every request, what they hold for each other, and everything that was wrong. */
export class FakeCluster {
  /** The proxy makes spans of its own, and engines see those as their parents. */
  isTraced = false;
  readonly dialect: Dialect;
  readonly speech: Speech;
  /** Where prefill sends its KV. */
  readonly transfers: Transfers | undefined;
  readonly registry = new Registry();
  readonly violations: { id: string; detail: string; request: string }[] = [];
  readonly engines: FakeEngine[] = [];
  /** Where the proxy is to name prefill's host in its ticket: this one, and nothing else may differ. */
  remoteHost: string | undefined;
  readonly #sent = new Map<string, Sent>();

  constructor(dialect: Dialect) {
    this.dialect = dialect;
    this.speech = speeches[dialect];
    this.transfers = this.speech.sends && new Transfers(this.speech.sends);
  }

  async add(role: "prefill" | "decode", options: { dpSize?: number; apiKey?: string } = {}): Promise<FakeEngine> {
    const engine = new FakeEngine(this, role, options);
    await engine.start();
    this.engines.push(engine);
    return engine;
  }

  role(role: "prefill" | "decode"): readonly FakeEngine[] {
    return this.engines.filter((engine) => engine.role === role);
  }

  /** @param id the client's; empty when it sends none */
  remember(id: string, sent: Omit<Sent, "members">): void {
    this.#sent.set(id, { ...sent, members: rawMembers(sent.raw) });
  }

  /** The proxy may add `-rN` for another attempt and a random end where the client's id is in use already. */
  sentAs(id: string): Sent | undefined {
    const base = this.named(id).replace(/-r\d+$/, "");
    return this.#sent.get(base) ?? this.#sent.get(base.replace(/-[0-9a-f]{8}$/, "")) ?? this.#sent.get("");
  }

  /** The id without what makes it new, where prefill pairs by it. */
  named(id: string): string {
    return this.speech.sends?.pairsById ? id.replace(/-[0-9a-f]{12}(?=(-r\d+)?$)/, "") : id;
  }

  /** What decode alone would answer: with right KV the cluster's answer is the same. */
  answerTo(path: string, raw: string, length: number): string {
    return text(promptKey(path, rawMembers(raw)), length);
  }

  async stop(): Promise<void> {
    await Promise.all(this.engines.map((engine) => engine.stop()));
  }
}
