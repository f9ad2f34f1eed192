import { type Config, configOf, isMooncake, isUcm } from "../files.ts";
import { isRecipe } from "../recipes/recipes.ts";
import type { Input, Voice } from "../remark.ts";
import { roleNamed } from "../role.ts";
import type { Script } from "../shell/run.ts";
import { type Block, blocksOf, isMarkdown, isShell } from "./markdown.ts";
import { type Placed, placedYaml } from "./yaml-places.ts";

/** The inputs as scripts in their order, and the files that they write or read. */
export interface Documents {
  readonly scripts: readonly Piece[];
  readonly configs: readonly Config[];
  readonly recipes: readonly Placed[];
}

/** A script, by the name that another one may call it by, and whether it is only there to be called. */
export interface Piece extends Script {
  readonly called?: string;
  /** "# on HOST" in its comments. */
  readonly machine?: string;
}

export function documentsOf(inputs: readonly Input[], section: string | undefined, voice: Voice): Documents {
  const scripts: Piece[] = [];
  const configs: Config[] = [];
  const recipes: Placed[] = [];
  for (const input of inputs) {
    if (!isMarkdown(input.text)) {
      const config = /\.(ya?ml|json)$/.test(input.name)
        ? configOf(input.name.split("/").at(-1) ?? "", input.text, { file: input.name, line: 1 })
        : undefined;
      const placed = config === undefined ? undefined : placedYaml(input.name, input.text);
      if (placed !== undefined && isRecipe(placed)) recipes.push(placed);
      else if (config !== undefined) configs.push(config);
      else
        scripts.push({
          ...input,
          called: input.name.split("/").at(-1) ?? "",
          hint: [input.role ?? "", input.name],
          ...machineOf(input.text),
        });
      continue;
    }
    const chosen = blocksOf(input.text, section);
    if (section !== undefined && chosen.length === 0)
      voice.missing(
        { file: input.name, line: 1 },
        `--section ${section}`,
        `its headings are: ${titles(input.text).join(" · ")}`,
      );
    // a file may be shown once for several set-ups: those of the section go first
    for (const block of [
      ...chosen,
      ...blocksOf(input.text).filter(({ line }) => !chosen.some((each) => each.line === line)),
    ]) {
      const at = { file: input.name, line: block.line };
      const config = isShell(block)
        ? undefined
        : configOf(/\.json|json/.test(block.language) ? "mooncake.json" : "ucm.yaml", block.text, at);
      if (config !== undefined && (isUcm(config) || isMooncake(config)))
        configs.push({ ...config, name: nameOf(block, config.name) });
      else if (chosen.includes(block) && isShell(block)) scripts.push(piece(input, block));
      else if (chosen.includes(block))
        voice.dropped(at, block.language, "no file that a set-up reads is known by this form");
    }
  }
  return { scripts, configs, recipes };
}

const titles = (text: string): readonly string[] => [...new Set(blocksOf(text).flatMap(({ headings }) => headings))];

function piece(input: Input, block: Block): Piece {
  const called = /^#\s*(\S+\.(?:sh|bash))\s*$/m.exec(block.text.split("\n").slice(0, 2).join("\n"))?.[1];
  const lead = block.lead.filter((line) => roleNamed(line) !== undefined);
  return {
    name: input.name,
    text: block.text,
    firstLine: block.line,
    hint: [...(input.role === undefined ? [] : [input.role]), ...lead, ...block.headings],
    ...(called !== undefined && { called }),
    ...machineOf(block.text),
  };
}

/** The text around a file names it in backquotes. */
function nameOf({ lead }: Block, otherwise: string): string {
  return (
    lead.flatMap((line) => [...line.matchAll(/`([\w.-]+\.(?:ya?ml|json))`/g)].map(([, name = ""]) => name)).at(0) ??
    otherwise
  );
}

function machineOf(text: string): { machine?: string } {
  const machine = /^#\s*(?:run|execute|start)?\s*on\s+([\w.⟨⟩-]+)\s*$/im.exec(text)?.[1];
  return machine === undefined || /^(each|every|all|the|any|node|proxy)$/i.test(machine) ? {} : { machine };
}
