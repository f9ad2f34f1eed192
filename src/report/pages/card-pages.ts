/** What `pdctl explain` says of pdctl's own verdicts: codes of cards that come from no rule and from no log. */
interface CardPage {
  /** `found when …` */
  readonly found: string;
  readonly says: string;
  readonly because?: readonly string[];
  readonly remedy: readonly string[];
  readonly related?: string;
}

const LOGIN = "found when pdctl logs in";
const PROOF = "found when the proof is made, by up and by smoke";

export const cardPages: Readonly<Record<string, CardPage>> = {
  setup: {
    found: "found when up prepares the nodes",
    says: "A setup step of the topology ended with another exit code than 0, or was not done in time. Nothing was started.",
    because: ["Steps run again with every up that starts something on a node: they have to bear that."],
    remedy: [
      "run the step by hand on the node, as the login user",
      "setup[].run, so that it does nothing where all is done",
      "setup[].timeout, for a step that takes long",
    ],
  },
  "drain-late": {
    found: "found while a running cluster is changed",
    says: "Requests at an instance that has to stop did not end within the limit, and are broken off.",
    because: [
      "The proxy sends it nothing new from then on; a long answer may take longer than the limit all the same.",
    ],
    remedy: ["--drain 30m: a longer limit", "max_tokens of the clients' requests, down"],
  },
  "stale-peer": {
    found: "found by status, plan --changes and up, in what the nodes list",
    says: "An engine holds a handshake with a peer that its node's keeper has started again since.",
    because: [
      "It answers and its health is well; the next request over that peer can end it, or fail.",
      "A keeper sees its own node alone, and restarts no peers elsewhere.",
    ],
    remedy: ["pdctl up: starts it again, with the peers that have to follow"],
  },
  "proxy-mute": {
    found: "found while a running cluster is changed",
    says: "The proxy was told which endpoints there are, and does not answer or does not go by it. Nothing was stopped for what it was not told.",
    remedy: ["pdctl logs proxy --tail 50", "pdctl restart proxy, then the change again"],
  },
  unreachable: {
    found: LOGIN,
    says: "Nothing answered at the node's SSH port, or its name is not known.",
    remedy: [
      "ssh NODE true, from this machine",
      "ssh.port, ssh.jump or the node's host in the topology",
      "ssh.connect_timeout, for a node that is far away",
    ],
    related: "auth the node answered and did not let pdctl in",
  },
  auth: {
    found: LOGIN,
    says: "The node answered, and accepted none of the keys that were offered.",
    because: [
      "pdctl offers what ssh would: the agent's keys, and the identity files of ~/.ssh/config. It never asks for a password.",
    ],
    remedy: [
      "ssh-copy-id USER@NODE",
      "ssh.user or ssh.identity_file, for all nodes or for one",
      "ssh-add, for a key with a passphrase",
    ],
    related: "unreachable no SSH server answered",
  },
  "host-key-unknown": {
    found: LOGIN,
    says: "The node's host key stands in no known_hosts file and is not pinned in the topology.",
    remedy: [
      "pdctl trust: all fingerprints in one table, compared and kept with one yes",
      "in CI: ssh.host_keys with the fingerprints",
      "ssh.host_keys: accept-new, where the network is trusted",
    ],
    related: "host-key-changed another key than the known one",
  },
  "host-key-changed": {
    found: LOGIN,
    says: "The node offered another host key than the known one: it was reinstalled, or another machine answers.",
    remedy: [
      "if it was reinstalled: ssh-keygen -R HOST, then pdctl trust NODE and compare the fingerprint",
      "if it was not: do not log in, ask who owns the address",
    ],
    related: "host-key-unknown no key is known yet",
  },
  silent: {
    found: "found while pdctl talks to a node",
    says: "The node's SSH port took the connection, or a command, and then no answer came in time.",
    remedy: [
      "ssh NODE true: a login shell that hangs is the usual reason",
      "look at the node's load and its home's file server",
    ],
    related: "lost the connection ended",
  },
  lost: {
    found: "found while pdctl talks to a node",
    says: "The connection to the node ended. What runs there is unknown, not dead: services do not depend on the connection.",
    remedy: ["pdctl status, when the node answers", "pdctl up or pdctl down goes on from what is there"],
    related: "silent no answer in time",
  },
  "not-started": {
    found: "found by up",
    says: "The service's launch script could not be started on its node.",
    remedy: [
      "read why on the card; a full disk and a noexec home are the usual reasons",
      "pdctl plan --script ID shows what would run",
    ],
  },
  "not-ready": {
    found: "found by up",
    says: "An engine lives but did not answer its health check within timeouts.ready. Nothing was stopped: it may still become ready.",
    remedy: ["pdctl up waits on", "pdctl logs ENGINE -f shows how far it is", "timeouts.ready, or --timeout, longer"],
  },
  "kv-not-moved": {
    found: PROOF,
    says: "A completion came back, but decode's counters show that it computed the prompt itself: prefill's KV did not arrive.",
    because: ["A cluster in this state answers correctly and slowly: prefill's work is thrown away."],
    remedy: [
      "pdctl logs decode --errors: a failed handshake is said there once",
      "the same model, block-size, dtype and attention backend on both roles",
      "the KV ports of prefill's nodes, open for decode's nodes",
    ],
    related: "transfer-failed decode could not read the blocks · other-answer what came was not the prompt's KV",
  },
  "transfer-failed": {
    found: PROOF,
    says: "Decode tried to read the blocks that prefill held, and failed.",
    remedy: [
      "pdctl logs decode --errors",
      "the KV ports of prefill's nodes, open for decode's nodes",
      "the same connector and version on both roles",
    ],
    related: "kv-not-moved decode did not even try",
  },
  "other-answer": {
    found: PROOF,
    says: "The first token differs from decode's own answer to the same prompt: the KV that arrived is not the prompt's.",
    remedy: [
      "the same PYTHONHASHSEED (kv.hash_seed), model and quantization on both roles",
      "report it with pdctl logs of both engines: wrong KV gives wrong answers",
    ],
    related: "kv-not-moved no KV arrived",
  },
  "no-evidence": {
    found: PROOF,
    says: "The answers are right, but no counter, log line or file shows that KV moved, and --require-evidence asks for one.",
    remedy: ["leave out --require-evidence", "a vLLM whose connector counts its transfers"],
  },
  "smoke-failed": {
    found: PROOF,
    says: "The proxy or an engine refused the completion.",
    remedy: ["pdctl logs proxy --tail 50", "pdctl logs prefill --errors, pdctl logs decode --errors"],
  },
  "smoke-late": {
    found: PROOF,
    says: "A completion was not answered within timeouts.smoke.",
    remedy: [
      "pdctl status",
      "pdctl logs proxy --tail 50",
      "timeouts.smoke, longer, for a model that is slow at its first request",
    ],
  },
  "no-answer": {
    found: PROOF,
    says: "An endpoint, or the proxy, refused the connection or broke off in the middle of an answer. Its node is well.",
    remedy: ["pdctl status: does it run?", "pdctl logs SERVICE --errors", "pdctl up starts what is missing"],
  },
  "answer-differs": {
    found: PROOF,
    says: "The KV came, and decode's own answer to the same prompt goes on differently at the named word.",
    because: [
      "Sums in another order do that: other batches, other kernels, prefill and decode on different hardware. So does KV that is slightly wrong.",
    ],
    remedy: [
      "pdctl smoke a few times: numerics differ now and then, wrong KV always",
      "the same dtype, quantization and attention backend on both roles",
    ],
    related: "other-answer already the first token differs",
  },
  "former-node": {
    found: "found by up",
    says: "The topology no longer has this node, an earlier up used it, and it does not answer: what was started there may still run.",
    because: ["It stays on the launcher's list, and status and down go on asking for it."],
    remedy: ["pdctl down --forget NODE, if it will not come back", "pdctl up or pdctl down, when it answers again"],
  },
  "fact-missing": {
    found: "found by up",
    says: "The plan needs something that only the node knows, and the node does not tell it.",
    remedy: ["write it into the topology: ip, nic of the node", "an ip that an interface of the node has"],
  },
  "left-over": {
    found: "found when something is stopped",
    says: "A process of the cluster is still there after SIGKILL, or a port, shared memory or a file is.",
    because: [
      "A process in uninterruptible sleep (state D) waits in a driver or for a file server; no signal ends it.",
    ],
    remedy: [
      "pdctl down again: it does only what is left",
      "end what holds it: the file server, a driver reset, a reboot",
    ],
  },
  "rehearsal-over-real": {
    found: "found by up --rehearse",
    says: "The real cluster runs: a rehearsal on its ports would stop it.",
    remedy: ["pdctl down first", "a name and ports of its own: --set name=…"],
  },
};

/** The page of one code, in the form of docs/explain. */
export function cardPage(code: string): readonly string[] | undefined {
  const page = Object.hasOwn(cardPages, code) ? cardPages[code] : undefined;
  if (page === undefined) return undefined;
  const { found, says, because = [], remedy, related } = page;
  return [
    `${code}  verdict  ${found}`,
    "",
    says,
    ...because,
    "",
    "Do one of",
    ...remedy.map((line) => `  ${line}`),
    ...(related === undefined ? [] : ["", `Related  ${related}`]),
  ];
}
