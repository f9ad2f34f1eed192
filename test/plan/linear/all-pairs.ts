/** What must not happen: everything compared with everything. */
export function work(size: number): void {
  const all = Array.from({ length: size }, (_, index) => index);
  all.filter((one) => all.some((other) => other === one + 1));
}
