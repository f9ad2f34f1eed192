import { createHash, randomInt } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { ClusterEvent, EventBody } from "../../cluster/events.ts";
import type { Run } from "../../cluster/run/run.ts";
import { errorsCard, namedCode } from "../../report/pages/error-text.ts";
import { exitOf } from "../edge/exit-codes.ts";
import { root } from "../edge/package.ts";
import { version } from "../edge/version.ts";

export interface RunAsk {
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly show: (event: ClusterEvent) => void;
  /** Default: yes, to everything. */
  readonly confirm?: Run["confirm"];
}

/** One call of pdctl: gives every event its head, and knows where pdctl's own files are. */
export async function makeRun({ signal, env, home, show, confirm = async () => true }: RunAsk): Promise<Run> {
  const id = Array.from({ length: 6 }, () => randomInt(36).toString(36)).join("");
  let [seq, cluster, generation] = [0, "", 0];
  return {
    id,
    version: version(),
    owner: `${user()}@${hostname()}`,
    ...linked(env),
    signal,
    emit: (body: EventBody) => {
      seq += 1;
      const head = {
        schema: "pdctl.event/1",
        seq,
        time: new Date().toISOString(),
        run: id,
        generation,
        cluster,
      } as const;
      show({ ...head, ...body, ...(body.code !== undefined && { code: namedCode(body.code) }) });
    },
    about(name, number) {
      [cluster, generation] = [name, number];
    },
    templates: await templates(),
    program: programs(),
    stateHome: stateHome(env, home),
    describe: errorsCard,
    confirm,
    exitOf: ({ code }) => exitOf(code),
    clock: () => performance.now(),
  };
}

/** As GitHub, GitLab and Jenkins name the page of a job; whoever meets its lock may want to look there. */
function linked(env: NodeJS.ProcessEnv): { link?: string } {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  const github = server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined;
  const link = github ?? env.CI_JOB_URL ?? env.BUILD_URL;
  return link === undefined || !/^https?:\/\/\S+$/.test(link) ? {} : { link };
}

export const stateHome = (env: NodeJS.ProcessEnv, home: string) =>
  join(env.XDG_STATE_HOME || join(home, ".local", "state"), "pdctl");

function user(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "?"); // a uid without a line in passwd, as containers have
  }
}

/** `supervise/start` → text, for every script in templates/. */
export async function templates(): Promise<Readonly<Record<string, string>>> {
  const directory = fileURLToPath(new URL("templates/", root));
  const files = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith(".sh")).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
  return Object.fromEntries(
    files.map((name, index) => [name.replace(/\.sh$/, "").replaceAll("\\", "/"), texts[index] ?? ""]),
  );
}

/** Read once per call: Node's own binary is a hundred megabytes. */
function programs(): Run["program"] {
  const known = new Map<string, ReturnType<typeof described>>();
  return (name) => {
    const path = name === "node" ? process.execPath : fileURLToPath(new URL(`dist/${name}.mjs`, root));
    const program = known.get(path) ?? described(path);
    known.set(path, program);
    return program;
  };
}

async function described(path: string) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { path, sha256: hash.digest("hex"), bytes: (await stat(path)).size };
}
