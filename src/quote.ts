/**
 * One word of bash, whatever bytes the text holds: '…' with every ' written as '\''.
 * The only way a value becomes shell text. Throws on NUL, which no argument or variable of a process can hold.
 */
export function quote(text: string): string {
  if (text.includes("\0")) throw new RangeError("a NUL byte cannot be passed to a process");
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A word of a command that a person pastes: quoted only where a shell would read something else. */
export const pasted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quote(word));
