import { describe, expect, it } from "vitest";
import { block } from "./faults.ts";
import { hosts, type Lab } from "./lab.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl, start } from "./pdctl.ts";

/** What a person sees when an engine or a launcher goes wrong. Each case ends with `down` and nothing left on any host. */
describe("trouble on two hosts", () => {
  /** Each case has hosts of its own: what one leaves behind is not the next one's trouble. */
  const onTwoHosts = (says: string, work: (lab: Lab) => Promise<void>) =>
    it(says, async () => {
      await using lab = await hosts(two);
      await work(lab);
    });

  async function gone(lab: Lab, file: string): Promise<void> {
    const down = await pdctl(["down", file]);
    expect(down.code, down.stdout + down.stderr).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  }

  onTwoHosts(
    "an engine that dies after a second is named with its first error line, and the healthy ones are kept for the next up",
    async (lab) => {
      const line = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.31 GiB";
      const file = topology("dies", {
        faults: { "decode-0-0": { dieAfterMs: 1000, loadSeconds: 30, dieLine: line, dieExit: 1 } },
      });
      const up = await pdctl(["up", file]);
      expect(up.code).toBe(1);
      expect(up.ms).toBeLessThan(10_000);
      const said = up.stdout + up.stderr;
      expect(said).toMatch(/decode-0 died .* after its start, exit code 1/);
      expect(said).toContain("torch.OutOfMemoryError: CUDA out of memory");
      expect(said).toMatch(/kept +.*prefill-0/);
      expect(said).toMatch(/next:? .*pdctl up/);
      const status = JSON.parse((await pdctl(["status", file, "--json"])).stdout);
      expect(JSON.stringify(status)).toContain('"prefill-0-0"');

      const healed = topology("dies");
      const again = await pdctl(["up", healed, "--ndjson"]);
      expect(again.code, again.stdout).toBe(0);
      await gone(lab, healed);
    },
  );

  onTwoHosts(
    "an engine that never gets healthy ends the wait at its limit, is left alone, and is named",
    async (lab) => {
      const file = topology("late", { faults: { "prefill-0-0": { neverReady: true } } });
      const up = await pdctl(["up", file, "--timeout", "3s"]);
      expect(up.code).toBe(6);
      expect(up.stdout + up.stderr).toMatch(/prefill-0 was not ready within 3s/);
      const status = await pdctl(["status", file, "--json"]);
      expect(status.code).toBe(5);
      await gone(lab, file);
    },
  );

  onTwoHosts("one of four ranks that dies takes its group along, and is named as the first cause", async (lab) => {
    const parallel = ", parallel: { tp: 1, dp: 4, dp_lb: external, rpc_port: 13399 }";
    const faults = { "decode-0-2": { dieAfterMs: 1500, loadSeconds: 20, dieSignal: "SIGKILL" } };
    const file = topology("rank", { faults, decode: parallel });
    const up = await pdctl(["up", file]);
    expect(up.code).toBe(1);
    const said = up.stdout + up.stderr;
    expect(said).toMatch(/decode-0-2 died/);
    expect(said).toMatch(/stopped with their group/);
    expect(engines(lab.host("n1"))).toEqual([]);
    expect(engines(lab.host("n0"))).toHaveLength(1);
    await gone(lab, file);
  });

  /** What torch writes when its store meets a port that somebody has. */
  const storeLine = (port: number) =>
    `torch.distributed.DistNetworkError: The server socket has failed to listen on any local network address. port: ${port}, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use`;
  const ranks = ", parallel: { tp: 1, dp: 2, dp_lb: external, rpc_port: 13399 }";

  onTwoHosts(
    "a group whose rank drew a port that somebody has is started again, as a whole and once, and the cluster comes up",
    async (lab) => {
      const dies = { dieAfterMs: 700, loadSeconds: 3, dieBefore: 2, dieLine: storeLine(38411) };
      const file = topology("drew", { faults: { "decode-0-1": dies }, decode: ranks });
      const up = await pdctl(["up", file, "--ndjson"]);
      expect(up.code, up.stdout + up.stderr).toBe(0);
      const events = up.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const cards = events.filter(({ type, phase }) => type === "finding" && phase === "engines");
      expect(cards).toMatchObject([
        {
          level: "warning",
          code: "port-taken",
          service: "decode-0-1",
          data: { then: "decode-0 is started again, once" },
        },
      ]);
      expect(cards[0].data.why.join()).toContain("38411");
      const marks = (name: string) => engines(lab.host(name)).map((one) => one.split(" ")[0]);
      expect(marks("n1")).toEqual(["drew/2/decode-0-0", "drew/2/decode-0-1"]);
      expect(marks("n0")).toEqual(["drew/1/prefill-0-0"]);
      const again = await pdctl(["up", file]);
      expect(again.code).toBe(0);
      expect(again.stdout + again.stderr).toContain("already up");
      await gone(lab, file);
    },
  );

  onTwoHosts("it is started again no more than once, and not at all for a port of the plan", async (lab) => {
    const faults = (port: number) => ({ "decode-0-1": { dieAfterMs: 700, loadSeconds: 3, dieLine: storeLine(port) } });
    const drew = topology("drew", { faults: faults(38411), decode: ranks });
    const up = await pdctl(["up", drew, "--ndjson"]);
    expect(up.code).toBe(1);
    const found = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter(({ type, phase }) => type === "finding" && phase === "engines")
        .map(({ level, code }) => `${level} ${code}`);
    expect(found(up.stdout)).toEqual(["warning port-taken", "error port-taken"]);
    expect(engines(lab.host("n1"))).toEqual([]);
    await gone(lab, drew);

    const planned = topology("planned", { faults: faults(13399), decode: ranks });
    const other = await pdctl(["up", planned, "--ndjson"]);
    expect(other.code).toBe(1);
    expect(found(other.stdout)).toEqual(["error port-taken"]);
    await gone(lab, planned);
  });

  onTwoHosts(
    "a rank that its head never hears of is named long before the time is over, and the next up goes on from there",
    async (lab) => {
      const parallel = ", parallel: { tp: 1, dp: 2, dp_lb: external, rpc_port: 13399 }";
      const file = topology("silent", { decode: parallel });
      const spread = ["--set", "decode.nodes=[n0, n1]"];
      {
        await using _ = await block(lab.host("n0"), { from: lab.host("n1"), port: 13399 });
        const unasked = ["--set", "preflight.skip=[N13]"]; // the check would name the firewall before anything starts
        const up = await pdctl(["up", file, ...spread, ...unasked, "--timeout", "35s"]);
        expect(up.code).toBe(6);
        const said = up.stdout + up.stderr;
        expect(said).toMatch(
          /engines +1 of 3 ready, \d+s of 35s; least far: decode-0-1, loading, gets no answer from decode-0-0/,
        );
        expect(said).toMatch(/why +decode-0-1 gets no answer from decode-0-0 on 10\.0\.5\.10:13399/);
        expect(said).toMatch(/cause +decode-0 waits for 1 engine in silence: decode-0-1/);
        expect(said).toMatch(/see that n1 reaches that port/);
      }
      // the head has the port still: that is no reason to refuse the next up, which replaces it
      const again = await pdctl(["up", file, ...spread, "--set", "decode.args.seed=1", "--no-smoke"]);
      expect(again.code, again.stdout + again.stderr).toBe(0);
      await gone(lab, file);
    },
  );

  onTwoHosts(
    "a port that somebody else holds is refused before anything is started, with the holder's name",
    async (lab) => {
      const file = topology("port");
      const pid = await lab.host("n1").spawn("exec node -e 'require(\"net\").createServer().listen(8200)'");
      await expect
        .poll(() =>
          lab
            .host("n1")
            .listeners()
            .map(({ port }) => port),
        )
        .toContain(8200);
      const up = await pdctl(["up", file]);
      expect(up.code).toBe(8);
      expect(up.stdout + up.stderr).toMatch(new RegExp(`N12 .*n1 port 8200 .*node \\(pid ${pid}, user root\\)`));
      lab.host("n1").kill(pid);
      await gone(lab, file);
    },
  );

  onTwoHosts(
    "a launcher that is killed in the middle leaves what it started, and the next one goes on from there",
    async (lab) => {
      const file = topology("killed", { faults: { "decode-0-0": { loadSeconds: 3 } } });
      const first = start(["up", file]);
      await first.until(/engines +.*started|decode-0/);
      await expect.poll(() => engines(lab.host("n1")), { timeout: 5_000 }).toHaveLength(1);
      first.kill("SIGKILL");
      await first.ended;
      const second = await pdctl(["up", file, "--ndjson", "--wait-lock", "35s"]);
      expect(second.code, second.stdout + second.stderr).toBe(0);
      expect(second.stdout).toContain('"evidence":"counter"');
      await gone(lab, file);
    },
  );

  onTwoHosts("the second of two launchers at once is told who holds the lock, and changes nothing", async (lab) => {
    const file = topology("locked", { faults: { "decode-0-0": { loadSeconds: 3 } } });
    await using first = start(["up", file]);
    await first.until(/engines +.*started/);
    const second = await pdctl(["up", file]);
    expect(second.code).toBe(7);
    expect(second.stdout + second.stderr).toMatch(/locked is locked by .*: pdctl up|is locked by/);
    expect((await first.ended).code).toBe(0);
    await gone(lab, file);
  });

  onTwoHosts("^C once stops the launcher, says what runs on, and the next up waits on for it", async (lab) => {
    const file = topology("interrupted", { faults: { "decode-0-0": { loadSeconds: 2 } } });
    await using first = start(["up", file]);
    await first.until(/engines +.*started/);
    await expect.poll(() => engines(lab.host("n1")), { timeout: 5_000 }).toHaveLength(1);
    first.kill("SIGINT");
    const ended = await first.ended;
    expect(ended.code).toBe(130);
    expect(ended.stdout + ended.stderr).toMatch(/interrupted/);
    expect(ended.stdout + ended.stderr).toMatch(/pdctl up/);
    const second = await pdctl(["up", file]);
    expect(second.code).toBe(0);
    await gone(lab, file);
  });

  onTwoHosts(
    "a second up changes nothing, a changed one restarts only what differs and its peers, a second down finds nothing",
    async (lab) => {
      const file = topology("twice");
      expect((await pdctl(["up", file])).code).toBe(0);
      const before = lab.hosts.flatMap(engines);
      const again = await pdctl(["up", file]);
      expect(again.code).toBe(0);
      expect(again.stdout + again.stderr).toMatch(/already up.*nothing changed, 3 of 3 services as planned/);
      expect(lab.hosts.flatMap(engines)).toEqual(before);
      const changed = await pdctl(["plan", file, "--changes", "--set", "decode.args.max-num-seqs=8"]);
      expect(changed.stdout).toMatch(/~ restart +decode-0 +.*--max-num-seqs/);
      expect(changed.stdout).toMatch(/= keep/);
      expect((await pdctl(["up", file, "--set", "decode.args.max-num-seqs=8"])).code).toBe(0);
      await gone(lab, file);
      const nothing = await pdctl(["down", file]);
      expect(nothing.code).toBe(0);
      expect(nothing.stdout).toMatch(/nothing to take down: 2 of 2 nodes asked, nothing of twice is left/);
    },
  );

  onTwoHosts(
    "a node that goes away is lost, not dead: status says unknown, down says so, and a later down does what is left",
    async (lab) => {
      const file = topology("away", { ssh: "{ connect_timeout: 2s }" });
      expect((await pdctl(["up", file])).code).toBe(0);
      {
        await using _cut = await lab.host("n1").cutLink();
        const status = await pdctl(["status", "--json"]);
        expect(status.code).toBe(5);
        expect(status.stdout).toMatch(/unreachable|unknown/);
        const down = await pdctl(["down", file]);
        expect(down.code).toBe(5);
        expect(down.stdout + down.stderr).toMatch(/gone from 1 of 2 nodes/);
      }
      await gone(lab, file);
    },
  );
});
