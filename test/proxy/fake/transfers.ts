import type { Arrival } from "./checks.ts";
import type { Handle } from "./registry.ts";
import type { Sends } from "./speech/speech.ts";

/** KV on its way from a prefill that sends it to the decode that has taken memory for it. */
class Transfer {
  prefill: { readonly arrival: Arrival; readonly handle: Handle } | undefined;
  decode: Arrival | undefined;
  arrive: (handle: Handle) => void = () => undefined;
  readonly arrived = new Promise<Handle>((resolve) => {
    this.arrive = resolve;
  });
}

/** Where two legs that run at once meet: whoever comes first is waited for. */
export class Transfers {
  readonly #byName = new Map<string, Transfer>();
  readonly #sends: Sends;

  constructor(sends: Sends) {
    this.#sends = sends;
  }

  /** Prefill has begun to compute. */
  prefillComes(arrival: Arrival, handle: Handle): void {
    this.#named(arrival).prefill = { arrival, handle };
    this.#meet(arrival);
  }

  /** Prefill has finished. Decode that was let go keeps its memory until the KV is in it, so it counts too. */
  prefillEnds(arrival: Arrival): void {
    this.#move(this.#named(arrival));
  }

  /** Prefill's client has closed before it had finished. */
  prefillCut(arrival: Arrival): void {
    const { decode } = this.#named(arrival);
    if (this.#sends.writes === "during" && decode !== undefined)
      violate(arrival, "L-cut", "prefill was let go while it wrote into decode's memory");
  }

  /** Decode has taken memory. @returns when the KV is in it */
  decodeComes(arrival: Arrival): Promise<Handle> {
    const transfer = this.#named(arrival);
    transfer.decode = arrival;
    this.#meet(arrival);
    this.#move(transfer);
    return transfer.arrived;
  }

  #named(arrival: Arrival): Transfer {
    const name = this.#sends.meet(arrival);
    const transfer = this.#byName.get(name) ?? new Transfer();
    this.#byName.set(name, transfer);
    return transfer;
  }

  #meet(arrival: Arrival): void {
    const { prefill, decode } = this.#named(arrival);
    if (!prefill || !decode) return;
    for (const [id, detail] of this.#sends.pair(prefill.arrival, decode)) violate(decode, id, detail);
  }

  #move({ prefill, decode, arrive }: Transfer): void {
    if (prefill?.handle.state !== "pinned" || !decode) return;
    prefill.handle.state = "released";
    prefill.handle.dispatches++;
    this.#byName.delete(this.#sends.meet(decode));
    arrive(prefill.handle);
  }
}

const violate = ({ cluster, id: request }: Arrival, id: string, detail: string) =>
  void cluster.violations.push({ id, detail, request });
