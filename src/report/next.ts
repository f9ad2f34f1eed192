import { labelled } from "./table.ts";
import { padEnd, width } from "./width.ts";

/** What to do next: on one line, or under each other with what each does. */
export function nextLines(commands: readonly string[], why: Readonly<Record<string, string>> = {}): string[] {
  const explained = commands.filter((command) => why[command] !== undefined).map(width);
  if (explained.length === 0) return commands.length === 0 ? [] : labelled("next", [commands.join(" · ")]);
  const column = Math.max(Math.min(...explained) + 6, ...(commands.length > 1 ? explained.map((own) => own + 3) : []));
  return labelled(
    "next",
    commands.map((command) => (why[command] === undefined ? command : padEnd(command, column) + why[command])),
  );
}
