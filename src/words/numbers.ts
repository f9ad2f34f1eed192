/** Two units at most, the second with two digits, tenths below 10 s: `0.3s`, `41s`, `6m 12s`, `2h 14m`, `3d 04h`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d ${two(Math.floor((whole % 86_400) / 3600))}h`;
}

/** A duration as a person would write it in a topology: `10s`, `15m`, `2h`; others as `duration`. */
export function limit(seconds: number): string {
  if (seconds > 0 && seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds > 0 && seconds % 60 === 0) return `${seconds / 60}m`;
  return Number.isInteger(seconds) && seconds < 60 ? `${seconds}s` : duration(seconds);
}

/** How long a request took: `28ms`; from a second on as `duration`. */
export const latency = (ms: number) => (ms < 1000 ? `${Math.round(ms)}ms` : duration(ms / 1000));

/** KiB, MiB or GiB with three digits: `61.0 KiB`, `651 MiB`, `2.31 GiB`. */
export function size(bytes: number): string {
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 999.5 && unit < 2) [value, unit] = [value / 1024, unit + 1];
  return `${value >= 100 ? Math.round(value) : value < 1 ? value.toFixed(2) : value.toPrecision(3)} ${["KiB", "MiB", "GiB"][unit]}`;
}

/** Counts from 10,000 on have commas; ports, pids, ranks and ids are never given to this. */
export const count = (n: number) => (n < 10_000 ? String(n) : n.toLocaleString("en-US"));

/** `no engines`, `1 engine`, `2 engines`. */
export const several = (n: number, one: string, many = `${one}s`) =>
  `${n === 0 ? "no" : count(n)} ${n === 1 ? one : many}`;

/** UTC time of day of an ISO 8601 text: `10:02:11Z`; with its date when it is another day than `today`. */
export function clock(iso: string, today?: string): string {
  const [date, time] = [iso.slice(0, 10), `${iso.slice(11, 19)}Z`];
  return today === undefined || date === today.slice(0, 10) ? time : `${date} ${time}`;
}

const two = (n: number) => String(n).padStart(2, "0");
