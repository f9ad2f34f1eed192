/**
 * One word of bash, whatever bytes the text holds: '…' with every ' written as '\''.
 * The only way a value becomes shell text. Throws on NUL, which no argument or variable of a process can hold.
 */
export function quote(text: string): string {
  if (text.includes("\0")) throw new RangeError("a NUL byte cannot be passed to a process");
  return `'${text.replaceAll("'", "'\\''")}'`;
}
