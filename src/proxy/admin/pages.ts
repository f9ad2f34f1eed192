import { ProxyError } from "../errors.ts";
import { type Answering, type Page, type Visit, writeJson } from "../front/visit.ts";
import { ascendAnswer, ascendTargets } from "./ascend.ts";
import { resetPrefixCaches, startProfiles, stopProfiles } from "./every-engine.ts";
import { admit, found, rowOf } from "./instances.ts";
import { drainIn, targetIn, whichIn, wish } from "./wishes.ts";

const admin = (methods: Page["methods"]): Page => ({ access: "admin", methods });
const post = (POST: Answering): Page => admin({ POST });

/** What changes the proxy while it runs, for whoever may: `access.ts`. Source: proxy-protocols.md §3.9 */
export const adminPages: ReadonlyMap<string, Page> = new Map([
  ["/admin/instances", admin({ GET: list, POST: add, DELETE: remove })],
  ["/admin/instances/drain", post(drain)],
  ["/admin/reload", post(reload)],
  ["/instances/add", post(ascendAdd)],
  ["/instances/remove", post(ascendRemove)],
  ["/reset_prefix_cache", post(resetPrefixCaches)],
  ["/start_profile", post(startProfiles)],
  ["/stop_profile", post(stopProfiles)],
]);

function list({ office: { members }, desk, res }: Visit): void {
  writeJson(res, 200, { instances: members.all.map((one) => rowOf(one, desk.now())) });
}

/** `{ role, url, slots }` → 201 once it has answered; 409 it is there, 422 it cannot serve or serves another model. */
async function add({ office, desk, req, res }: Visit): Promise<void> {
  const [endpoint] = await admit(office, [await wish(req, targetIn(desk.config.family))]);
  if (endpoint) writeJson(res, 201, rowOf(endpoint, desk.now()));
}

/** `{ role, url, timeout_seconds }` → 202: it gets no request any more and goes by itself. Asked again, the time begins anew. */
async function drain({ office: { members }, desk, req, res }: Visit): Promise<void> {
  const { seconds, ...which } = await wish(req, drainIn);
  const endpoint = found(members, which);
  members.drain(endpoint, seconds === undefined ? undefined : seconds * 1000);
  writeJson(res, 202, rowOf(endpoint, desk.now()));
}

/** `{ role, url }`, in the body or in the query → 200: it is gone, and what it still did was broken off. */
async function remove({ office: { members }, desk, req, res }: Visit): Promise<void> {
  const endpoint = found(members, await wish(req, whichIn));
  const row = rowOf(endpoint, desk.now());
  members.remove(endpoint, `removed by an admin, ${endpoint.inFlight} cut off`);
  writeJson(res, 200, { ...row, presence: endpoint.presence });
}

/** Reads the config again → 200 and what became of the endpoints; 409 with the keys that need a restart, and 400: nothing was changed. */
async function reload({ office, res }: Visit): Promise<void> {
  try {
    writeJson(res, 200, await office.reload());
  } catch (error) {
    if (!(error instanceof ProxyError) || !("keys" in error.facts)) throw error;
    const { message, status: code } = error;
    const shown = { message, type: "invalid_request_error", param: null, code };
    res.setHeader("x-pdctl-error", error.fault);
    writeJson(res, code, { error: shown, keys: error.facts.keys });
  }
}

async function ascendAdd({ office, desk, req, res }: Visit): Promise<void> {
  const targets = await ascendTargets(req, desk.config.family);
  await admit(office, targets);
  writeJson(res, 200, ascendAnswer(office.members, `added ${targets.map(({ url }) => url).join(", ")}`));
}

async function ascendRemove({ office: { members }, desk, req, res }: Visit): Promise<void> {
  const leaving = (await ascendTargets(req, desk.config.family)).map((target) => found(members, target));
  for (const endpoint of leaving) members.drain(endpoint);
  const still = leaving.filter(({ presence }) => presence === "leaves").map(({ url }) => url);
  const message = still.length > 0 ? `${still.join(", ")} leave when they have ended what they have` : "removed";
  writeJson(res, 200, ascendAnswer(members, message));
}
