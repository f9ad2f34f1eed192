import type { Hop } from "../route.ts";
import { type Held, once, Shared } from "../shared.ts";
import { Slots } from "../slots.ts";
import type { SshSetup } from "../ssh-config.ts";
import { wayOf } from "../ways.ts";
import { type Master, openMaster } from "./master.ts";

const LOGINS = 8; // at once: sshd's MaxStartups 10:30:100 starts to drop at 10, and each is a process here

/** The logins of the system's ssh for one command; a bastion has one for all the nodes behind it. */
export class Masters {
  readonly #slots = new Slots(LOGINS);
  readonly #bastions = new Shared<Master>(({ gone }) => gone);
  readonly #setup: SshSetup;

  constructor(setup: SshSetup) {
    this.#setup = setup;
  }

  /** Logs in to the last hop, through the others. */
  async reach(node: string, hops: readonly Hop[], signal: AbortSignal): Promise<Held<Master>> {
    const last = hops.at(-1);
    if (last === undefined) throw new RangeError("a way has at least one hop");
    const before = hops.slice(0, -1);
    const bastion =
      before.length === 0
        ? undefined
        : await this.#bastions.take(wayOf(before), () => this.reach(node, before, signal));
    const leave = await this.#slots.take(signal);
    try {
      const master = await openMaster(node, last, this.#setup, bastion?.value.socket, signal);
      return once(master, () => {
        void master.close().finally(() => bastion?.release());
      });
    } catch (error) {
      bastion?.release();
      throw error;
    } finally {
      leave();
    }
  }
}
