/** What a check is called, by the codes that speak of it; in the order of the table. */
export const CHECKS: readonly (readonly [name: string, codes: readonly string[]])[] = [
  ["clock", ["C12"]],
  ["addresses", ["S03"]],
  ["interface", ["S06"]],
  ["devices", ["P03", "P05", "P20", "A07", "C15"]],
  ["devices free", ["C13"]],
  ["memlock, shm", ["C02"]],
  ["environment", ["C01", "C05", "C11", "C06"]],
  ["ports", ["N12"]],
  ["ephemeral ports", ["N04"]],
  ["other clusters", ["N14", "N15"]],
  ["paths", ["N13"]],
  ["model", ["M02", "M06", "M11", "M14"]],
  ["software", ["M12", "M13", "M17"]],
  ["shared mount", ["U09"]],
];

export const checkOf = (code: string): string => CHECKS.find(([, codes]) => codes.includes(code))?.[0] ?? "settings";
