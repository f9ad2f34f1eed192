/** Why the file system refused, in words; `missing` is what ENOENT means where it was asked. */
export function fileTrouble(error: unknown, missing = "there is no such file"): string {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const known = new Map([
    ["ENOENT", missing],
    ["EACCES", "permission denied"],
    ["EISDIR", "it is a directory"],
    ["ENOTDIR", "a part of the path is no directory"],
    ["ENOSPC", "the disk is full"],
    ["EROFS", "the file system is read-only"],
  ]);
  return known.get(code) ?? (error instanceof Error ? error.message : String(error));
}
