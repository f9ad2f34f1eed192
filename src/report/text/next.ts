import { labelled } from "./table.ts";
import { padEnd, width, wrap } from "./width.ts";

/** How a command is written so that it means the same cluster when it is pasted. */
export type Aiming = (command: string) => string;
export const asItStands: Aiming = (command) => command;

// Columns beside the label
const LINE = 78;
const ALONE = 70; // a terminal of 80 cuts nothing of a command
const SHORT = 44; // has what it does beside it; of a longer one it stands below

/** What to do next: on one line, or under each other with what each does. */
export function nextLines(commands: readonly string[], why: Readonly<Record<string, string>> = {}): string[] {
  const line = commands.join(" · ");
  if (commands.length === 0) return [];
  if (commands.every((command) => why[command] === undefined))
    return labelled("next", width(line) <= LINE ? [line] : commands.flatMap(broken));
  const explained = commands.filter((command) => why[command] !== undefined && width(command) <= SHORT).map(width);
  const column = Math.max(Math.min(...explained) + 6, ...(commands.length > 1 ? explained.map((own) => own + 3) : []));
  return labelled(
    "next",
    commands.flatMap((command) => {
      const what = why[command];
      if (what === undefined) return broken(command);
      return width(command) <= SHORT ? [padEnd(command, column) + what] : [...broken(command), `    ${what}`];
    }),
  );
}

/** A long command over several lines, as the shell takes it. */
function broken(command: string): string[] {
  if (width(command) <= ALONE) return [command];
  const options = command.replaceAll(" --", "\n--").split("\n");
  const lines = wrap(options.map((option) => option.replaceAll(" ", "\0")).join(" "), ALONE - 4);
  return lines.map((line, index) => {
    const end = index < lines.length - 1 ? " \\" : "";
    return `${index === 0 ? "" : "  "}${line.replaceAll("\0", " ")}${end}`;
  });
}
