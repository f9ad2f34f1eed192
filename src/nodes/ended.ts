import type { ChildProcess } from "node:child_process";
import type { Running } from "./transport.ts";

/** Settles when a child has ended and its output is read; rejects where it could not be started at all. */
export const endOf = (child: ChildProcess): Running["ended"] =>
  new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit, signal) => resolve({ exit, signal }));
  });
