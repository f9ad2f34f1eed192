/** A node's clock and time zone, as it says them. */
export interface NodeTime {
  readonly nowMs: number;
  /** East of UTC, minutes. */
  readonly offsetMinutes: number;
}

const VLLM = /\b(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) (\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\b/;
const ISO = /\b(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?/;

/** When a line says that it was written, ms since the epoch; undefined: it does not say. vLLM writes no year, and local time. */
export function lineTime(line: string, { nowMs, offsetMinutes }: NodeTime): number | undefined {
  const local = (utc: number) => utc - offsetMinutes * 60_000;
  const [, month, day, hour, minute, second] = VLLM.exec(line) ?? [];
  if (month !== undefined) {
    const year = new Date(nowMs + offsetMinutes * 60_000).getUTCFullYear();
    const at = (of: number) =>
      local(Date.UTC(of, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)));
    return at(year) > nowMs + DAY_MS ? at(year - 1) : at(year); // of December, read in January
  }
  const iso = ISO.exec(line);
  if (iso === null) return undefined;
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0, s = 0] = iso.slice(1, 7).map(Number);
  const utc = Date.UTC(y, mo - 1, d, h, mi, s);
  const zone = iso[7];
  if (zone === undefined) return local(utc);
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  return sign === undefined ? utc : utc - (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const DAY_MS = 86_400_000;

/** Lets lines through from the first one on that says it is young enough. One without a time belongs to the one before it. */
export function younger(sinceMs: number, time: NodeTime): (line: string) => boolean {
  let open = false;
  return (line) => {
    if (!open) open = (lineTime(line, time) ?? Number.NEGATIVE_INFINITY) >= time.nowMs - sinceMs;
    return open;
  };
}
