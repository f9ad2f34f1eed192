import { devices } from "./devices/index.ts";
import type { Facts } from "./facts.ts";
import { linesOf, split } from "./lines.ts";
import { directories, limits, model, proxies, reserved, reversed } from "./machine.ts";

/** The gather script's `key value` lines, in any order; unknown keys are left for newer readers. */
export function readFacts(
  node: string,
  text: string,
  times: { readonly sentMs: number; readonly gotMs: number },
): Facts | undefined {
  const lines = linesOf(text);
  const { all, one } = lines;
  if (one("end") !== "ok") return undefined; // cut off: half a fact is none
  const [told, listed] = [model(lines), devices(lines)];
  return {
    node,
    at: times.gotMs,
    home: one("home") ?? "",
    user: one("user") ?? "",
    uid: Number(one("uid")),
    bootId: one("boot") ?? "",
    clockOffsetMs: Math.round(Number(one("clock")) - (times.sentMs + times.gotMs) / 2),
    interfaces: interfaces(all("interface")),
    hostIp: one("hostip") || null,
    nodePath: one("node") ?? null,
    platform: one("platform") ?? "",
    libc: one("libc") ?? null,
    bash: one("bash") ?? "",
    versions: Object.fromEntries(all("version").map((value) => split(value))),
    listening: all("listen").flatMap((value) => listener(value) ?? []),
    ephemeral: span(one("ephemeral")),
    paths: Object.fromEntries(all("path").map((value) => [value.slice(2), value.startsWith("1")])),
    limits: limits(lines),
    reserved: reserved(one("reserved-ports")),
    proxies: proxies(lines),
    modules: Object.fromEntries(reversed(all("module")).map(([name, found]) => [name, found === "1"])),
    directories: directories(lines),
    containers: Object.fromEntries(reversed(all("container"))),
    images: Object.fromEntries(reversed(all("image")).map(([name, id]) => [name, id === "-" ? null : id])),
    ...(told && { model: told }),
    ...(listed && { devices: listed }),
  };
}

function interfaces(lines: readonly string[]): Record<string, readonly string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, address] of lines.map(split)) {
    found[name] = [...(found[name] ?? []), address];
  }
  return found;
}

function span(text: string | undefined): { first: number; last: number } | null {
  const [first, last] = (text ?? "").split(/\s+/).map(Number);
  return first && last ? { first, last } : null;
}

/** `0100007F:1F90` of /proc/net/tcp: the address is little-endian words, the port big-endian. */
export function listener(text: string): { address: string; port: number } | undefined {
  const [hex, port] = text.split(":");
  if (hex === undefined || port === undefined) return undefined;
  return { address: hex.length === 8 ? ipv4(hex) : ipv6(hex), port: Number.parseInt(port, 16) };
}

const ipv4 = (hex: string) =>
  (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");

function ipv6(hex: string): string {
  if (/^0+$/.test(hex)) return "::";
  const mapped = /^0{16}F{4}0{4}(.{8})$/i.exec(hex)?.[1]; // ::ffff:a.b.c.d
  if (mapped !== undefined) return ipv4(mapped);
  const words = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  return (words.join("").match(/.{4}/g) ?? []).map((group) => group.toLowerCase().replace(/^0+(?=.)/, "")).join(":");
}
