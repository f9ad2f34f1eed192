import { describe, expect, it } from "vitest";
import { account } from "../../../src/proxy/flags/account.ts";
import { type ConfigFile, configOf } from "../../../src/proxy/flags/config-of.ts";
import { foreign } from "../../../src/proxy/flags/foreign.ts";
import { readFlags } from "../../../src/proxy/flags/index.ts";
import { own } from "../../../src/proxy/flags/own.ts";
import { programs } from "./programs.ts";
import { seedCommands, wordsOf } from "./seeds.ts";

function read(words: readonly string[], file?: ConfigFile) {
  const draft = readFlags(words);
  const made = draft.faults.length > 0 ? draft : configOf(draft, file);
  return "faults" in made
    ? { faults: made.faults, notes: draft.notes }
    : { config: made.config, notes: [...draft.notes, ...made.notes], faults: [] };
}
const words = (line: string) => line.split(" ").filter((word) => word !== "");
const pair = words("--prefill http://p:1 --decode http://d:2");

describe("a document's proxy command works with pdctl proxy in the program's place", () => {
  it.each(seedCommands)("$line", (seed) => {
    const { config, faults } = read(wordsOf(seed));
    expect(faults).toEqual([]);
    expect(config).toMatchObject(seed.holds);
    const of = (role: string) => config?.targets.filter((target) => target.role === role) ?? [];
    expect(of("prefill").map(({ url }) => url)).toEqual(seed.prefill);
    expect(of("decode").map(({ url }) => url)).toEqual(seed.decode);
    expect(new Set(config?.targets.map(({ slots }) => slots))).toEqual(new Set([seed.slots ?? 1]));
  });

  it("003: the threshold 0 that means always both legs is not taken for a number of tokens", () => {
    expect(read([...pair, "--pd-min-prompt-tokens", "0"]).faults).toEqual([
      "--pd-min-prompt-tokens 0: expected a whole number of at least 1",
    ]);
  });

  it("what was meant is said: a path behind an address, a connector for its family, a certificate without its key, one engine as both", () => {
    const faults = (line: string) => read(words(line)).faults;
    expect(faults("--prefill http://p:1/v1 --decode http://d:2")[0]).toMatch(/; write http:\/\/p:1$/);
    expect(faults("--prefill http://p:1 --decode http://d:2 --family ucm")[0]).toMatch(
      /; ucm needs --family shared-store$/,
    );
    expect(faults("--prefill http://p:1 --decode http://d:2 --tls x.pem")).toEqual([
      "--tls x.pem: expected two PEM files, CERT,KEY",
    ]);
    expect(read(words("--prefill http://p:1 --decode http://p:1")).notes).toContain(
      "http://p:1 is a prefill and a decode endpoint: it sends its KV to itself",
    );
  });

  it("002: an address that no other machine reaches is said", () => {
    expect(read([...pair, "--host", "localhost"]).notes).toContain(
      "--host localhost: only this machine reaches the proxy; --host 0.0.0.0 is for all",
    );
    expect(read([...pair, "--host", "10.0.0.1"]).notes.join()).not.toContain("--host");
  });

  it("002:180: a store that no flag names is asked for in a note", () => {
    const [note] = read(pair).notes;
    expect(note).toContain("--family shared-store");
  });
});

describe("no flag of another proxy is silently ignored", () => {
  const known = new Set(own.flatMap(({ names }) => names));
  it.each(Object.entries(programs))("%s", (_, flags) => {
    expect(words(flags).filter((name) => !known.has(name) && !foreign.has(name))).toEqual([]);
  });

  it("and each that has no counterpart is said, or refused with what to do instead", () => {
    for (const [name, other] of foreign) {
      const { notes, faults } = read([...pair, `--${name}`, "4"]);
      if ("refuses" in other) expect(faults).toEqual([`--${name} is another proxy's: ${other.refuses}`]);
      else if (other.accepts !== "") expect(notes).toContain(`--${name} 4 changes nothing: ${other.accepts}`);
      else expect(other.apply, name).toBeDefined();
    }
  });

  it("what names a connector names the family, wherever it stands", () => {
    const family = (line: string) => read([...pair, ...words(line)]);
    expect(family("--vllm-pd-disaggregation")).toMatchObject({ config: { family: "relay" }, notes: [] });
    expect(family("--kv-connector mooncake --vllm-pd-disaggregation").config?.family).toBe("mooncake");
    expect(family("--vllm-pd-disaggregation --kv-connector mooncake").config?.family).toBe("mooncake");
    expect(family("--pd-disaggregation --family relay").config?.family).toBe("relay");
  });

  it("tries are counted as the program counted them", () => {
    expect(read([...pair, "--max-retries", "3"]).config).toMatchObject({ prefill_retries: 2, decode_retries: 1 });
    expect(read([...pair, "--max-retries", "1"]).config).toMatchObject({ prefill_retries: 0, decode_retries: 0 });
    expect(read([...pair, "--disable-retries"]).config).toMatchObject({ prefill_retries: 0, decode_retries: 0 });
  });

  it("none has a name that pdctl's own flag has too", () => {
    expect([...foreign.keys()].filter((name) => known.has(name))).toEqual([]);
  });
});

describe("what is wrong with flags is said in one go, each with what to write instead", () => {
  it.each([
    [
      "--prefiller-hosts a b --prefiller-ports 1 --decode http://d:2",
      "--prefiller-hosts and --prefiller-ports: 2 hosts and 1 port; write one port for each host",
    ],
    [
      "--prefiller-hosts 192.0.0.3192.0.0.3 --decode http://d:2",
      "--prefiller-hosts 192.0.0.3192.0.0.3: no IP address; did two run together where a line was broken?",
    ],
    [
      "--decoder-hosts h:8200 --prefill http://p:1",
      "--decoder-hosts h:8200: a host alone goes here; write h, and 8200 in the list of ports",
    ],
    [
      "--decoder-hosts http://h --prefill http://p:1",
      "--decoder-hosts http://h: a host goes here; write a url behind --prefill or --decode",
    ],
    [
      "--decoder-hosts <decode-ip> --prefill http://p:1",
      "--decoder-hosts <decode-ip>: a place-holder; write the host's name or address",
    ],
    [
      "--decoder-hosts d --decoder-ports 82000 --prefill http://p:1",
      "--decoder-ports 82000: expected a port, 1 to 65535",
    ],
    ["--decoder-hosts de_co/der --prefill http://p:1", "--decoder-hosts de_co/der: no name of a machine"],
    [
      "--prefill p:8100 --decode http://d:2",
      "--prefill p:8100: expected a url like http://10.0.0.1:8100, without a path; write http://p:8100",
    ],
    [
      "--prefill http://p:1/v1 --decode http://d:2",
      "--prefill http://p:1/v1: expected a url like http://10.0.0.1:8100, without a path; write http://p:1",
    ],
    ["--prefill http://p:1", "no engines: --decode URL, or --config FILE"],
    ["--prefill http://p:1 --decode http://d:2 --prot 1", "unknown option --prot; did you mean --port?"],
    ["--prefill http://p:1 --decode http://d:2 --port 1 --port 2", "--port: it stands there twice"],
    ["--prefill http://p:1 --decode http://d:2 extra", "--decode: extra is too much; write --decode URL"],
    ["word --prefill http://p:1 --decode http://d:2", "word: a word that belongs to no flag"],
    [
      "--prefill http://p:1 --decode http://d:2 --port \\",
      "--port: an empty word; a line is carried on by a backslash with nothing behind it",
    ],
    [
      "--prefill http://p:1 --decode http://d:2 --decode http://d:2",
      "targets[2].url: another url: http://d:2 is listed twice as decode",
    ],
    [
      "--prefill http://p:1 --decode http://d:2 --policy fastest",
      '--policy fastest: expected "round_robin" or "least_loaded" or "random" or "power_of_two" or "consistent_hash" or "prefix_aware"',
    ],
    [
      "--prefill http://p:1 --decode http://d:2 --queue-timeout soon",
      "--queue-timeout soon: expected seconds, a number above 0, at most 2000000",
    ],
    [
      "--prefill http://p:1 --decode http://d:2 --kv-connector sglang",
      "--kv-connector sglang: expected nixl, mooncake, nixlv2, shared-storage; or write --family",
    ],
  ])("%s", (line, fault) => {
    expect(read(words(line)).faults).toContain(fault);
  });
});

describe("flags and a file", () => {
  const file = {
    name: "proxy.json",
    value: {
      ...{
        bind: "10.0.0.9",
        port: 9,
        family: "relay",
        prefill_policy: "random",
        decode_policy: "random",
        max_concurrent: 7,
      },
      kv_hold_seconds: 30,
      targets: [
        { url: "http://p:1", role: "prefill", slots: 2 },
        { url: "http://d:2", role: "decode", slots: 2 },
      ],
    },
  };

  it("a flag takes the place of its key, and leaves the others", () => {
    const { config } = read(
      words("--config proxy.json --port 10 --decode-policy round_robin --queue-timeout 2m"),
      file,
    );
    expect(config).toEqual({ ...file.value, port: 10, decode_policy: "round_robin", queue_timeout_seconds: 120 });
  });

  it("endpoints of a role take the place of all that the file has of it", () => {
    const { config } = read(words("--config proxy.json --decode http://x:1 --decode http://y:1"), file);
    expect(config?.targets).toEqual([
      { url: "http://p:1", role: "prefill", slots: 2 },
      { url: "http://x:1", role: "decode", slots: 1 },
      { url: "http://y:1", role: "decode", slots: 1 },
    ]);
  });

  it("a fault of the file names the file", () => {
    expect(read(["--config", "proxy.json"], { ...file, value: { ...file.value, prot: 1 } }).faults).toEqual([
      "proxy.json: prot: unknown key; did you mean port?",
    ]);
    expect(read(["--config", "proxy.json"], { name: "f", value: [] }).faults).toContain(
      "f: the file: expected an object",
    );
  });
});

it("a bootstrap port goes to Mooncake's engines, and is said to be for nothing elsewhere", () => {
  const line = "--prefill http://p:1 9000 --prefill http://q:1 none --decode http://d:2";
  const mooncake = read(words(`${line} --kv-connector mooncake`));
  expect(mooncake).toMatchObject({ faults: [], config: { family: "mooncake" } });
  expect(mooncake.config?.targets[0]).toMatchObject({ url: "http://p:1", bootstrap_url: "http://p:9000" });
  expect(read(words(line)).notes).toContain(
    "--prefill http://p:1 9000: the port changes nothing without --family mooncake",
  );
  expect(read(words("--prefill http://p:1 soon --decode http://d:2")).faults).toEqual([
    "--prefill http://p:1 soon: expected the port of its bootstrap server, or none",
  ]);
});

it("IPv6 hosts get their brackets, policies of the router their names here, and one role's policy counts more", () => {
  const { config, notes } = read(
    words(
      "--prefiller-hosts ::1 --prefiller-ports 1 --decoder-hosts fe80::1 --decode-policy random --policy cache_aware --no-length-capped",
    ),
  );
  expect(config).toMatchObject({ prefill_policy: "prefix_aware", decode_policy: "random", length_capped: false });
  expect(config?.targets.map(({ url }) => url)).toEqual(["http://[::1]:1", "http://[fe80::1]:8200"]);
  expect(notes).toContain("--policy cache_aware: prefix_aware for prefill, which comes nearest");
});

it("--check says in a few lines what the proxy would do", () => {
  const { config } = read(
    words("--prefill http://p:1 --prefill http://q:1 --decode http://d:2 --intra-node-data-parallel-size 4 --host ::"),
  );
  expect(config && account(config)).toEqual([
    "listens   [::]:8000",
    "family    relay, prefill holds KV for 480 s",
    "prefill   2 endpoints, 8 ranks, least_loaded",
    "          http://p:1 ×4",
    "          http://q:1 ×4",
    "decode    1 endpoint, 4 ranks, least_loaded",
    "          http://d:2 ×4",
    "short     every prompt takes both legs",
    "limits    4096 at work, 1024 waiting for at most 60 s",
    "trouble   on_missing_kv fail, on_prefill_down fail, on_prefill_saturated queue, on_prefill_500 fail",
    "clients   plain HTTP, all are let in, admins on this machine",
  ]);
});
