import { spawn } from "node:child_process";
import { once } from "node:events";
import { freePorts } from "../../sim/engines.ts";
import { Engine } from "./engine.ts";
import { commonArgs, complaintOf, type Launcher, type Line, type Refusal, type Wanted, wordsOf } from "./launcher.ts";
import { maskedText } from "./mask.ts";

const MODEL = "pdctl/tiny";
const MOE = "pdctl/tiny-moe";

/** The stand-in from its one-file bundle, as it runs on a node. */
export function standIn(bundle: string): Launcher {
  const path = { PATH: process.env.PATH ?? "" };
  const kinds = (moe: boolean) => ({ PDCTL_SIM_MODEL_KIND: moe ? "moe" : "dense" });

  async function serve(wanted: Wanted): Promise<Engine> {
    const port = wanted.port ?? (await freePorts(1));
    const side = wanted.side ?? (await freePorts(2));
    const model = wanted.moe === true ? MOE : MODEL;
    return new Engine({
      file: process.execPath,
      args: [bundle, model, ...commonArgs(wanted, port)],
      env: {
        ...path,
        ...kinds(wanted.moe === true),
        PDCTL_SIM_MS_PER_TOKEN: "2",
        VLLM_NIXL_SIDE_CHANNEL_HOST: "127.0.0.1",
        VLLM_NIXL_SIDE_CHANNEL_PORT: String(side),
        ...wanted.env,
      },
      port,
      side,
      model,
      ...(wanted.rank !== undefined && { rank: wanted.rank }),
      ...(wanted.rpc !== undefined && { rpc: wanted.rpc }),
    });
  }

  async function refusal(line: Line): Promise<Refusal> {
    const words = wordsOf(line, { dense: MODEL, moe: MOE }, await freePorts(1));
    const child = spawn(process.execPath, [bundle, ...words], {
      env: { ...path, ...kinds(line.argv.includes("MOE")), ...line.env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 10_000,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    const [code] = await once(child, "close");
    const said = maskedText(complaintOf(output), [
      [MOE, "MOE"],
      [MODEL, "MODEL"],
    ]);
    return { exit: typeof code === "number" ? code : null, complaint: said };
  }

  return {
    leaseSeconds: 1,
    settleMs: 30,
    ports: freePorts,
    serve,
    async refusals(lines) {
      const ends = new Map<string, Refusal>();
      const waiting = [...lines];
      const lane = async () => {
        for (let line = waiting.shift(); line !== undefined; line = waiting.shift())
          ends.set(line.name, await refusal(line));
      };
      await Promise.all([lane(), lane(), lane()]);
      return ends;
    },
  };
}
