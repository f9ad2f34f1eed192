import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import { UserError } from "../errors.ts";
import { onAbort, untilAborted } from "./abort.ts";
import { afterSentinel, bootCommand, EATEN, withValues } from "./boot.ts";
import type { Answer, Call, Session, StreamAsk } from "./session.ts";
import type { Running, Transport } from "./transport.ts";

const BEAT_MS = 10_000; // scripts of long streams leave after 30 s without a byte: three beats
const HANG_UP_MS = 500; // for a stream's script to see the end of its stdin and leave by itself

/** A session over anything that runs a command: framing, deadlines and the user's interrupt are the same for every transport. */
export function shellSession(node: string, address: string, transport: Transport, kind: Session["transport"]): Session {
  return {
    node,
    address,
    transport: kind,
    lost: transport.lost,
    close: () => transport.close(),
    connect: (host, port, signal) => transport.connect(host, port, signal),
    call: (ask) => call(node, address, transport, ask),
    stream: (ask) => stream(node, transport, ask),
  };
}

async function call(node: string, address: string, transport: Transport, ask: Call): Promise<Answer> {
  ask.signal.throwIfAborted();
  const late = AbortSignal.timeout(ask.deadlineMs);
  const limit = AbortSignal.any([ask.signal, late]);
  let awaited = "a free channel";
  try {
    const { running, nonce } = await begin(transport, ask, limit);
    awaited = "a shell (does a start-up file there read stdin, or start another program?)";
    const work = Promise.all([
      gather(afterSentinel(running.stdout, nonce, () => (awaited = ask.what ?? "an answer"))),
      gather(afterSentinel(running.stderr, nonce)),
      running.ended,
    ]);
    running.stdin.end(ask.input ?? Buffer.alloc(0));
    const [stdout, stderr, end] = await untilAborted(work, limit, () => {
      work.catch(() => undefined); // the abort is the answer; what the cut channel says afterwards is not news
      running.kill();
    });
    if (awaited.startsWith("a shell")) throw noShell(node, end.exit, stderr.toString());
    return { exit: exitStatus(end), stdout, stderr: stderr.toString() };
  } catch (error) {
    if (error === late.reason) throw new UserError("node.silent", { node, address, awaited, afterMs: ask.deadlineMs });
    throw error;
  }
}

async function* stream(node: string, transport: Transport, ask: StreamAsk): AsyncGenerator<Buffer, void> {
  const { running, nonce } = await begin(transport, ask, ask.signal);
  const leaving = new Leaving(running);
  const takeBack = onAbort(ask.signal, leaving.begin);
  const chunks = afterSentinel(running.stderr, nonce);
  const stderr = ask.stderr === undefined ? gather(chunks) : ask.stderr(chunks);
  stderr.catch(() => undefined); // cut off when we hang up
  let started = false;
  try {
    yield* afterSentinel(running.stdout, nonce, () => (started = true));
  } catch (error) {
    ask.signal.throwIfAborted();
    throw error;
  } finally {
    takeBack();
    await leaving.over();
  }
  ask.signal.throwIfAborted();
  const end = await running.ended;
  const said = (await stderr)?.toString() ?? "";
  if (!started) throw noShell(node, end.exit, said);
  if (ask.ended !== undefined) ask.ended(exitStatus(end));
  else if (end.exit !== 0)
    throw new UserError("node.command", { node, command: ask.what ?? "a stream", exit: end.exit, stderr: said });
}

/** The end of a stream from our side: its stdin ends, and a script that does not leave over that is cut off. */
class Leaving {
  readonly #running: Running;
  readonly #beat: NodeJS.Timeout;
  #cut: Promise<void> | undefined;

  constructor(running: Running) {
    this.#running = running;
    this.#beat = setInterval(() => running.stdin.write("\n"), BEAT_MS);
  }

  readonly begin = (): void => {
    if (this.#cut !== undefined) return;
    clearInterval(this.#beat);
    this.#running.stdin.end();
    this.#cut = new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#running.kill();
        this.#running.stdout.destroy();
        resolve();
      }, HANG_UP_MS);
      const ended = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#running.ended.then(ended, ended);
    });
  };

  /** Resolves when the script is gone, or was given up. */
  async over(): Promise<void> {
    this.begin();
    await this.#cut;
  }
}

async function begin(
  transport: Transport,
  ask: Call | StreamAsk,
  signal: AbortSignal,
): Promise<{ running: Running; nonce: string }> {
  const nonce = randomBytes(12).toString("hex");
  const script = withValues(ask.script, ask.values, nonce);
  const running = await transport.exec(bootCommand(nonce, script.length), signal);
  // A script may end without reading all of its input; its exit status says what happened, EPIPE says nothing.
  running.stdin.on("error", () => undefined);
  running.stdin.write(script);
  return { running, nonce };
}

async function gather(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

function noShell(node: string, exit: number | null, stderr: string): UserError {
  const unfit = (why: string, remedy: string) => new UserError("node.unfit", { node, why, remedy });
  if (exit === 127) return unfit("it has no bash", "install bash 4.2 or newer");
  if (exit === EATEN)
    return unfit(
      "a start-up file of the login shell reads stdin",
      "let it do that in interactive shells only: [[ $- == *i* ]]",
    );
  if (exit !== null && stderr === "")
    return unfit(
      `its login shell ended with ${exit} before anything of pdctl's ran`,
      "a start-up file there (~/.bashrc, ~/.cshrc) exits: let it return in shells that are not interactive",
    );
  return new UserError("node.command", { node, command: "bash", exit, stderr });
}

function exitStatus({ exit, signal }: { exit: number | null; signal: string | null }): number {
  if (exit !== null) return exit;
  const number = Object.entries(constants.signals).find(([name]) => name === signal || name === `SIG${signal}`)?.[1];
  return 128 + (number ?? 0);
}
