import { Aborted } from "./ask.ts";

/** At most so many requests run; the others wait in the order they came. */
export class Slots {
  private readonly most: number;
  private taken = 0;
  private readonly queue: { grant: () => void }[] = [];
  private readonly changed: (running: number, waiting: number) => void;

  constructor(most: number, changed: (running: number, waiting: number) => void) {
    this.most = most;
    this.changed = changed;
  }

  get running(): number {
    return this.taken;
  }

  /** Resolves with what gives the slot back, once. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.taken < this.most) this.taken++;
    else await this.wait(signal);
    this.tell();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.queue.shift();
      if (next === undefined) this.taken--;
      else next.grant();
      this.tell();
    };
  }

  private wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = {
        grant: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      const leave = () => {
        this.queue.splice(this.queue.indexOf(entry), 1);
        this.tell();
        reject(new Aborted());
      };
      signal.addEventListener("abort", leave, { once: true });
      this.queue.push(entry);
      this.tell();
    });
  }

  private tell(): void {
    this.changed(this.taken, this.queue.length);
  }
}
