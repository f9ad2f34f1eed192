/** One member of a JSON object as text. Read by tokens, not with the proxy's own scanner: that one is under test. */
export interface RawMember {
  readonly key: string;
  readonly text: string;
}

const TOKEN = /\s*("[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+)/y;

/** The members of a JSON object in their order, duplicates included. @throws SyntaxError when it is not JSON */
export function rawMembers(object: string): readonly RawMember[] {
  JSON.parse(object);
  const members: RawMember[] = [];
  let [depth, key, from] = [0, "", -1];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(object); match; match = TOKEN.exec(object)) {
    const token = match[1] ?? "";
    const start = TOKEN.lastIndex - token.length;
    const closes = token === "}" || token === "]";
    if (depth === 1 && from >= 0 && (token === "," || token === "}")) {
      members.push({ key, text: object.slice(from, start).trim() });
      from = -1;
    } else if (depth === 1 && token === ":") from = TOKEN.lastIndex;
    else if (depth === 1 && from < 0 && token.startsWith('"')) key = String(JSON.parse(token));
    depth += token === "{" || token === "[" ? 1 : closes ? -1 : 0;
  }
  return members;
}

/** The text of the last member with that key: the one that counts for an engine. */
export const rawOf = (members: readonly RawMember[], key: string) =>
  members.findLast((member) => member.key === key)?.text;
