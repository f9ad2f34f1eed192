import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { AnswerPlan } from "./answer-plan.ts";
import { fuzzCase } from "./case.ts";
import { FAMILIES, type FuzzFamily } from "./families.ts";
import { byNode } from "./front/by-node.ts";
import { frontCase } from "./front/front-case.ts";
import { fuzz, fuzzFront, fuzzResponses } from "./fuzz.ts";
import type { Client, Finding } from "./run.ts";

const USAGE = `npm run fuzz -- [--seed N] [--cases N] [--minutes N] [--workers N] [--lanes N] [--plain-every N] [--upstream undici|sockets] [--family NAME]
npm run fuzz -- --seed N --case K     one case again, with what was sent
npm run fuzz -- --responses [...]     spoiled answers, read by each client towards engines by itself
npm run fuzz -- --front [...]         spoiled requests, read by the proxy and by node:http
`;
const BATCH = 20_000; // then all is taken down, what is left is looked for, and the other client has its turn
const UPSTREAMS = ["undici", "sockets"] as const;
const MOST_FINDINGS = 50;
const TRIES = { relayed: fuzz, responses: fuzzResponses, front: fuzzFront } as const;

interface Share {
  readonly seed: number;
  readonly from: number;
  readonly step: number;
  readonly cases: number;
  readonly lanes: number;
  readonly plainEvery: number;
  readonly endsAt: number;
  readonly upstreams: readonly Client[];
  readonly families: readonly FuzzFamily[];
  readonly tries: keyof typeof TRIES;
}

/** Batches of one worker, each with proxies and engines of its own. */
async function work(
  { seed, from, step, cases, lanes, plainEvery, endsAt, upstreams, families, tries }: Share,
  tell: (news: News) => void,
): Promise<void> {
  for (let [batch, left] = [from, cases]; left > 0 && Date.now() < endsAt; batch += step) {
    const most = Math.min(BATCH, left);
    const goesOn = (done: number, found: readonly Finding[]) => {
      if (done > 0 && done % 1_000 === 0) tell({ progress: done });
      return Date.now() < endsAt && found.length < MOST_FINDINGS;
    };
    const turn = Math.floor(batch / step);
    const upstream = upstreams[turn % upstreams.length] ?? "undici";
    const family = families[Math.floor(turn / upstreams.length) % families.length] ?? "relay";
    const { done, findings } = await TRIES[tries]({
      upstream,
      family,
      seed,
      from: batch * BATCH,
      cases: most,
      lanes,
      plainEvery,
      goesOn,
    });
    tell({ done, findings: findings.map(({ index, what }) => ({ index, what: `${upstream}, ${family}: ${what}` })) });
    left -= done;
    if (done < most) return;
  }
}

type News = { readonly done: number; readonly findings: readonly Finding[] } | { readonly progress: number };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      case: { type: "string" },
      cases: { type: "string", default: "1000000" },
      minutes: { type: "string", default: "1440" },
      workers: { type: "string", default: "1" },
      lanes: { type: "string", default: "16" },
      "plain-every": { type: "string", default: "16" },
      upstream: { type: "string" },
      family: { type: "string" },
      responses: { type: "boolean", default: false },
      front: { type: "boolean", default: false },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [seed, workers] = [Number(values.seed), Number(values.workers)];
  const upstreams = UPSTREAMS.filter((name) => values.upstream === undefined || values.upstream === name);
  const families = FAMILIES.filter((name) => values.family === undefined || values.family === name);
  const tries = values.responses ? "responses" : values.front ? "front" : "relayed";
  if (values.case !== undefined && tries === "front") return frontAgain(seed, Number(values.case));
  if (values.case !== undefined && tries === "relayed")
    return again(seed, Number(values.case), { upstreams, families });
  return all(
    {
      seed,
      step: workers,
      from: 0,
      cases: Math.ceil(Number(values.cases) / workers),
      lanes: Number(values.lanes),
      plainEvery: Number(values["plain-every"]),
      upstreams,
      families,
      tries,
      endsAt: Date.now() + Number(values.minutes) * 60_000,
    },
    workers,
  );
}

async function all(share: Share, workers: number): Promise<number> {
  const [began, findings] = [Date.now(), [] as Finding[]];
  const done = new Map<number, { whole: number; part: number }>();
  const total = () => [...done.values()].reduce((sum, { whole, part }) => sum + whole + part, 0);
  const rate = () => Math.round((total() / (Date.now() - began)) * 1_000);
  process.stdout.write(`seed ${share.seed}, ${share.cases * workers} cases, ${workers} workers\n`);
  const told = setInterval(
    () => process.stdout.write(`${total()} cases, ${rate()}/s, ${findings.length} findings\n`),
    30_000,
  );
  await Promise.all(
    Array.from({ length: workers }, (_, from) => {
      done.set(from, { whole: 0, part: 0 });
      const worker = new Worker(new URL(import.meta.url), { workerData: { ...share, from } });
      worker.on("message", (news: News) => {
        const { whole } = done.get(from) ?? { whole: 0 };
        if ("progress" in news) return void done.set(from, { whole, part: news.progress });
        done.set(from, { whole: whole + news.done, part: 0 });
        findings.push(...news.findings);
        for (const { index, what } of news.findings)
          process.stdout.write(
            `FOUND npm run fuzz -- ${share.tries === "relayed" ? "" : `--${share.tries} `}--seed ${share.seed} --case ${index}\n      ${what}\n`,
          );
      });
      return new Promise<void>((resolve, reject) => worker.on("exit", () => resolve()).on("error", reject));
    }),
  );
  clearInterval(told);
  const seconds = Math.round((Date.now() - began) / 1_000);
  process.stdout.write(
    `fuzz: seed ${share.seed}, ${total()} cases in ${seconds} s (${rate()}/s), ${findings.length} findings\n`,
  );
  return findings.length > 0 ? 1 : 0;
}

/** One case by itself, with all that was planned. */
async function again(
  seed: number,
  index: number,
  { upstreams, families }: Pick<Share, "upstreams" | "families">,
): Promise<number> {
  const it = fuzzCase(seed, index);
  const shown = (plan: AnswerPlan) =>
    `  ${plan.framing}, then ${plan.then}, cut ${JSON.stringify(plan.cut)}, at ${plan.cuts}\n  ${JSON.stringify(plan.wire.toString("latin1"))}`;
  process.stdout.write(`request, cut at ${it.cuts}${it.leaves ? `, leaves ${JSON.stringify(it.leaves)}` : ""}\n`);
  process.stdout.write(`  ${JSON.stringify(it.wire([]).toString("latin1"))}\n`);
  for (const role of ["prefill", "decode"] as const)
    for (const attempt of [0, 1]) process.stdout.write(`${role} ${attempt}\n${shown(it.answer(role, attempt))}\n`);
  let found = 0;
  for (const upstream of upstreams)
    for (const family of families) {
      const { findings } = await fuzz({ upstream, family, seed, from: index, cases: 1, lanes: 1, plainEvery: 1 });
      for (const { what } of findings) process.stdout.write(`FOUND ${upstream}, ${family}: ${what}\n`);
      found += findings.length;
    }
  return found > 0 ? 1 : 0;
}

/** One connection by itself, with all that its client writes. */
async function frontAgain(seed: number, index: number): Promise<number> {
  const it = frontCase(seed, index);
  process.stdout.write(
    `cut at ${it.cuts}, leaves ${JSON.stringify(it.leaves)}\n${JSON.stringify(it.bytes.toString("latin1"))}\n`,
  );
  process.stdout.write(`by node:http ${JSON.stringify((await byNode(it)).text)}\n`);
  const { findings } = await fuzzFront({
    upstream: "sockets",
    family: "relay",
    seed,
    from: index,
    cases: 1,
    lanes: 1,
    plainEvery: 1,
  });
  for (const { what } of findings) process.stdout.write(`FOUND ${what}\n`);
  return findings.length > 0 ? 1 : 0;
}

if (isMainThread) process.exitCode = await main();
else {
  Error.stackTraceLimit = 0; // every broken connection makes errors that nobody reads the stack of
  await work(workerData as Share, (news) => parentPort?.postMessage(news));
}
