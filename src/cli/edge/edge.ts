import { UserError } from "../../errors.ts";
import type { ErrorText } from "../../report/pages/error-text.ts";
import type { Aim } from "./aim.ts";
import type { Call } from "./call.ts";
import { EXIT, exitOf } from "./exit-codes.ts";
import { Interrupted } from "./signals.ts";
import type { Channel } from "./streams.ts";
import { version } from "./version.ts";

/** Runs the work; what it throws becomes text on stderr, or a document on stdout, and an exit code. */
export async function atEdge(
  call: Pick<Call, "verb" | "options" | "streams" | "aim">,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    const exit = exitOfThrown(error);
    if (call.options.json === true) await document(call, error, exit);
    else await tell(call, error);
    return exit;
  }
}

export function exitOfThrown(error: unknown): number {
  const [first] = userErrors(error);
  if (first !== undefined) return exitOf(first.code);
  return error instanceof Interrupted ? error.exit : EXIT.bug;
}

/** One error of the user's world, or those of several nodes. */
function userErrors(error: unknown): readonly UserError[] {
  if (error instanceof UserError) return [error];
  const errors: unknown = error instanceof Error && "errors" in error ? error.errors : [];
  return Array.isArray(errors) && errors.every((one) => one instanceof UserError) ? errors : [];
}

async function tell(
  { streams: { err }, options, aim }: Pick<Call, "streams" | "options" | "aim">,
  error: unknown,
): Promise<void> {
  if (error instanceof Interrupted) return err.lines([`⚠ interrupted · exit ${error.exit}`]);
  const errors = userErrors(error);
  if (errors.length === 0) return tellBug(err, error);
  err.lines(await errorLines(errors, aim));
  if (options.debug === true) err.lines(errors.flatMap(({ stack = "" }) => stack.split("\n")));
}

/** A usage error is two lines; the others are cards, one for each class of trouble, and then what to do next. */
async function errorLines(errors: readonly UserError[], aim: Aim): Promise<string[]> {
  const [{ errorText, errorsCard, namedCode }, { card }, { nextLines }] = await Promise.all([
    import("../../report/pages/error-text.ts"),
    import("../../report/text/card.ts"),
    import("../../report/text/next.ts"),
  ]);
  const codes = [...new Set(errors.map(({ code }) => code))];
  const cards = codes.map((code) =>
    card(aim.card(errorsCard(errors.filter((error) => error.code === code))), {
      level: "error",
      code: namedCode(code),
    }),
  );
  const next = [...new Set(errors.flatMap((error) => errorText(error).next ?? []))];
  return [
    ...cards.flatMap((lines, index) => (index === 0 ? lines : ["", ...lines])),
    ...nextLines(next.map(aim.command)),
  ];
}

/** Only a bug has a stack: ours to repair, the user's to report. */
export function tellBug(err: Channel, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  err.lines([
    `✖ a bug in pdctl ${version()} (Node ${process.versions.node}, ${process.platform}-${process.arch}) · exit ${EXIT.bug}`,
    ...stack.split("\n").map((line) => `  ${line.trimEnd()}`),
    "  kept    what runs goes on running",
    "  next    report it with the lines above: pdctl version names everything else that is needed",
  ]);
}

async function document(
  { verb, streams, aim }: Pick<Call, "verb" | "streams" | "aim">,
  error: unknown,
  exit: number,
): Promise<void> {
  const { asJson, errorDocument } = await import("../../report/machine/document.ts");
  const { code, next = [], ...data } = await facts(error);
  streams.out.raw(
    asJson(errorDocument({ code: code ?? "bug", data: aim.card(data), next: next.map(aim.command), verb, exit })),
  );
}

/** The card of anything that was thrown, for the outputs that have no stack. */
export async function facts(error: unknown): Promise<ErrorText> {
  const errors = userErrors(error);
  const [first] = errors;
  if (first !== undefined) {
    const { errorText, errorsCard, namedCode } = await import("../../report/pages/error-text.ts");
    const { next } = errorText(first);
    return {
      ...errorsCard(errors.filter(({ code }) => code === first.code)),
      code: namedCode(first.code),
      ...(next && { next }),
    };
  }
  if (error instanceof Interrupted) return { code: "interrupted", title: "interrupted" };
  return { code: "bug", title: error instanceof Error ? error.message : String(error) };
}
