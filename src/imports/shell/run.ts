import type { Input, Spot, Voice } from "../remark.ts";
import { assignedText, type Frame } from "./assigned-text.ts";
import { assignment, declares } from "./assignment.ts";
import { exportedOnly, filled } from "./child.ts";
import { type Command, environment, sinkOf, type Variables } from "./command.ts";
import { expand, whole } from "./expand.ts";
import { type Launch, launchOf } from "./launcher.ts";
import { readScript } from "./read.ts";
import { Scope } from "./scope.ts";
import { sum } from "./sum.ts";
import type { Simple, Statement, Word } from "./syntax.ts";
import { type Field, plain, type Text } from "./text.ts";

/** A script and how it is called. */
export interface Script extends Input {
  readonly firstLine?: number;
  readonly hint?: readonly string[];
}

export interface World {
  readonly voice: Voice;
  /** Scripts that another one may call, by the last part of their path. */
  readonly scripts: ReadonlyMap<string, Script>;
  /** Put in the place of values that a document leaves open. */
  readonly values: Readonly<Record<string, string>>;
  readonly started: (command: Command) => void;
  /** A here-document that is written to a file. */
  readonly wrote: (file: string, text: string, at: Spot) => void;
}

const MOST_STEPS = 20_000;

/** Runs the statements of scripts in order, starting nothing: every command goes to `started`. */
export class Shell {
  private readonly world: World;
  private steps = 0;
  private depth = 0;
  constructor(world: World) {
    this.world = world;
  }

  /** @param overrides over the script's own assignments of these names */
  run(script: Script, scope: Scope, overrides: Readonly<Record<string, string>> = {}) {
    if (this.depth > 8) return;
    this.depth += 1;
    const at = { file: script.name, line: script.firstLine ?? 1 };
    for (const [name, text] of Object.entries(overrides)) scope.vars.set(name, [{ text, at }]);
    this.list(readScript(script.text, script.firstLine), { scope, script, overrides, loops: [] });
    this.depth -= 1;
  }

  private list(statements: readonly Statement[], frame: Frame) {
    for (const one of statements) {
      this.steps += 1;
      if (this.steps > MOST_STEPS) return;
      this.statement(one, frame);
    }
  }

  private statement(one: Statement, frame: Frame) {
    const { voice } = this.world;
    const { scope, script } = frame;
    const at = { file: script.name, line: one.line };
    switch (one.kind) {
      case "simple":
        return this.simple(one, frame);
      case "function":
        scope.functions.set(one.name, one.body);
        return voice.kept(at, `${one.name}()`, "its commands are read where it is called");
      case "branch":
        for (let line = one.line; line <= one.to; line += 1)
          voice.dropped(
            { ...at, line },
            one.word,
            "which way it goes is not known here; write out the commands that run",
          );
        return;
      case "each":
        voice.kept(at, `for ${one.name}`, "once for each value");
        for (const { pieces } of one.words.flatMap((word) => expand(word, scope, script.name))) {
          scope.vars.set(one.name, pieces);
          this.list(one.body, { ...frame, loops: [...frame.loops, one.name] });
        }
        return;
      case "count":
        return this.count(one, frame, at);
    }
  }

  private count(one: Extract<Statement, { kind: "count" }>, frame: Frame, at: Spot) {
    const { scope } = frame;
    const [, name = "", first = ""] = /^\s*(\w+)\s*=\s*(.*)$/.exec(one.first) ?? [];
    const set = (value: number) => scope.vars.set(name, [{ text: String(value), at }]);
    const number = (text: string) => sum(text, (each) => scope.number(each));
    const start = name === "" ? undefined : number(first);
    if (start !== undefined) set(start);
    if (start === undefined || number(one.while) === undefined)
      return this.world.voice.dropped(at, "for ((…))", "how often it runs is not known here");
    this.world.voice.kept(at, `for ((${name}…))`, "once for each value");
    const [, step = "1"] = /\+=\s*(\d+)/.exec(one.next) ?? [];
    for (let turns = 0; turns < MOST_TURNS && (number(one.while) ?? 0) !== 0; turns += 1) {
      this.list(one.body, { ...frame, loops: [...frame.loops, name] });
      set((scope.number(name) ?? 0) + Number(step));
    }
  }

  private simple(one: Simple, frame: Frame) {
    const { scope, script } = frame;
    const before = new Map<string, { text: Text; at: Spot }>();
    let start = 0;
    for (const word of one.words) {
      const assigned = assignment(word);
      if (assigned === undefined) break;
      before.set(assigned.name, assignedText(assigned, frame, this.world));
      start += 1;
    }
    const words = one.words.slice(start);
    const at = { file: script.name, line: one.line };
    if (words.length === 0) {
      for (const [name, { text, at: there }] of before) {
        scope.vars.set(name, text);
        this.world.voice.kept(there, `${name}=`, "read where it is used");
      }
      return this.documents(one, frame);
    }
    const declared = declares(words[0]);
    if (declared !== undefined) return this.exports(words.slice(1), declared === "export", frame, at);
    const fields = words.flatMap((word) => expand(word, scope, script.name));
    this.start(fields, before, one, frame, at);
  }

  private exports(words: readonly Word[], out: boolean, frame: Frame, at: Spot) {
    const { scope } = frame;
    for (const word of words) {
      const assigned = assignment(word);
      if (assigned !== undefined) {
        const { text, at: there } = assignedText(assigned, frame, this.world);
        scope.vars.set(assigned.name, text);
        if (out) scope.exported.set(assigned.name, there);
        this.world.voice.kept(
          there,
          assigned.name,
          out ? "exported to the commands behind it" : "read where it is used",
        );
      } else
        for (const { text } of expand(word, scope, frame.script.name))
          if (out && !text.startsWith("-")) {
            scope.exported.set(text, at);
            this.world.voice.kept(at, text, "exported to the commands behind it");
          }
    }
    if (words.length === 0) this.world.voice.dropped(at, "export", "it prints and sets nothing");
  }

  /** `cat > FILE <<EOF`, and what is left of redirections without a command. */
  private documents(one: Simple, { scope, script }: Frame) {
    const body = one.redirects.find((each) => each.body !== undefined)?.body;
    const target = one.redirects.find(({ operator }) => /^1?>>?$/.test(operator))?.target;
    if (body === undefined || target === undefined) return;
    const file = plain(whole(target, scope, script.name));
    const text = body.literal ? body.text : filled(body.text, scope);
    this.world.wrote(file, text, { file: script.name, line: body.line });
  }

  private start(
    fields: readonly Field[],
    before: ReadonlyMap<string, { text: Text; at: Spot }>,
    one: Simple,
    frame: Frame,
    at: Spot,
  ) {
    const { scope, script } = frame;
    const [name, second] = [fields[0]?.text ?? "", fields[1]?.text ?? ""];
    const called = scope.functions.get(name);
    if (called !== undefined)
      return this.list(called, {
        ...frame,
        scope: new Scope(
          scope,
          fields.slice(1).map(({ pieces }) => pieces),
        ),
      });
    if (name === "eval") {
      const line = fields[1]?.at.line ?? at.line;
      const text = fields
        .slice(1)
        .map((each) => each.text)
        .join(" ");
      return this.list(readScript(text, line), frame);
    }
    const shell = /^(bash|sh|source|\.)$/.test(name);
    const path = shell ? second : name;
    const inner = this.world.scripts.get(path.split("/").at(-1) ?? "");
    if (inner !== undefined && inner.text !== script.text) {
      const words = fields.slice(shell ? 2 : 1).map(({ pieces }) => pieces);
      const own = name === "source" || name === "." ? scope : exportedOnly(scope, before, words);
      this.world.voice.kept(at, path, "the script is read with these words");
      return this.run({ ...inner, hint: [...(inner.hint ?? []), ...(script.hint ?? [])] }, own);
    }
    const launch = launchOf(fields, script.hint ?? [], [...this.world.scripts.keys()]);
    if (launch !== undefined) return this.launched(launch, scope, before, script, at);
    if (name === "shift") {
      scope.words = scope.words.slice(Number(second || 1));
      return this.world.voice.kept(at, "shift", "the words behind it");
    }
    if (name === "cd" && fields[1] !== undefined) scope.vars.set("PWD", fields[1].pieces);
    if (name === "cat" && one.redirects.some(({ body }) => body !== undefined)) return this.documents(one, frame);
    this.world.started({
      fields,
      env: environment(scope, before),
      at,
      to: one.to,
      sink: sinkOf(one, scope, script.name),
      hint: script.hint ?? [],
      directory: plain(scope.get("PWD") ?? []),
    });
  }

  /** One run of the template for each rank. */
  private launched({ templates, ranks }: Launch, scope: Scope, before: Variables, script: Script, at: Spot) {
    const template = templates.map((name) => this.world.scripts.get(name)).find((each) => each !== undefined);
    if (template === undefined)
      return this.world.voice.missing(
        at,
        templates[0] ?? "",
        "the launcher starts it for every rank, and it is not here: give it to import too",
      );
    this.world.voice.kept(at, "launch_online_dp.py", `${template.name} is read once for each of ${ranks.length} ranks`);
    for (const words of ranks) {
      const own = exportedOnly(
        scope,
        before,
        words.map((text) => [{ text, at }]),
      );
      this.run({ ...template, hint: [...(template.hint ?? []), ...(script.hint ?? [])] }, own);
    }
  }
}
const MOST_TURNS = 512;
