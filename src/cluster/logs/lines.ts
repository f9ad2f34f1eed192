import type { LogChunk } from "../../supervise/index.ts";

/** One log as it comes: cut into lines, and how far we are. A character that is split over two pieces is whole again in its line. */
export class Lines {
  /** undefined: nothing came yet. */
  generation: number | undefined;
  /** The byte after the last one seen. */
  at = 0;
  #part: Buffer[] = [];

  /** The lines that these bytes have ended. */
  take({ generation, from: start, bytes }: Pick<LogChunk, "generation" | "from" | "bytes">): readonly string[] {
    [this.generation, this.at] = [generation, start + bytes.length];
    const lines: string[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      lines.push(this.#whole(bytes.subarray(from, end)));
      from = end + 1;
    }
    if (from < bytes.length) this.#part.push(bytes.subarray(from));
    return lines;
  }

  /** The line that has no end yet, if there is one. */
  rest(): readonly string[] {
    return this.#part.length === 0 ? [] : [this.#whole(Buffer.alloc(0))];
  }

  #whole(last: Buffer): string {
    const line = Buffer.concat([...this.#part, last]).toString("utf8");
    this.#part = [];
    return line;
  }
}
