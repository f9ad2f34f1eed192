/** Holds processes still until it is disposed. */
export function stopped(...pids: readonly number[]): Disposable & { goOn(): void } {
  const still = [...pids];
  for (const pid of still) process.kill(pid, "SIGSTOP");
  const goOn = () => {
    for (const pid of still.splice(0)) process.kill(pid, "SIGCONT");
  };
  return { goOn, [Symbol.dispose]: goOn };
}

/** What a sum of samples of a /metrics page is now. */
export async function sample(url: string, name: RegExp): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const lines = page.split("\n").filter((line) => name.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** Looks at a sum again and again until it is enough; fails after half a minute. */
export async function sampled(url: string, name: RegExp, enough: (now: number) => boolean): Promise<number> {
  for (const until = performance.now() + 30_000; ; ) {
    const now = await sample(url, name);
    if (enough(now)) return now;
    if (performance.now() > until) throw new Error(`${url}: ${name} is ${now} after 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
