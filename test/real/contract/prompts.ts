/** Token ids that every vocabulary has; no two prompts begin alike, so that no cache knows the second. */
function* prompts(): Generator<number, never, undefined> {
  for (let at = 0; ; at++) yield at;
}
const numbers = prompts();

const FIRST = 10; // below are special tokens
const SPAN = 400;

export function fresh(length: number): readonly number[] {
  const number = numbers.next().value;
  const head = [FIRST + (number % SPAN), FIRST + Math.floor(number / SPAN)];
  return Array.from({ length }, (_, at) => head[at] ?? FIRST + ((at * 7 + number) % SPAN));
}
