import { type DeviceFact, readDevices } from "../../facts/index.ts";
import type { Session } from "../../nodes/session.ts";
import type { Run } from "../run/run.ts";

const ANSWER_MS = 40_000; // four tools at 8 s each at worst
const TOOLS = ["cuda", "rocm", "gaudi", "ascend"];

/** What every vendor's tool on a node lists now; empty: there is none, or it does not answer. */
export async function devicesOf(session: Session, run: Run): Promise<readonly DeviceFact[]> {
  const { stdout } = await session.call({
    script: TOOLS.map((name) => run.templates[`gather/${name}`] ?? "").join("\n"),
    values: {},
    deadlineMs: ANSWER_MS,
    signal: run.signal,
    what: "the devices",
  });
  return readDevices(stdout.toString("utf8"));
}
