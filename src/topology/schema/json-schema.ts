import { z } from "zod";
import { connectors } from "../../connectors/index.ts";
import { shape } from "../shape/topology.ts";
import { homeOfKey, texts } from "./texts.ts";

/** A JSON Schema, as far as it is looked at here. */
export interface Schema {
  readonly [key: string]: unknown;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** Parts that only a topology which extends no other must have. */
const NEEDED = ["name", "model", "nodes", "kv", "prefill", "decode", "proxy"];
/** `${env:NAME}` may stand where a number or a word belongs. */
const FROM_ENV: Schema = { type: "string", pattern: "\\$\\{env:" };
const NULL: Schema = { type: "null" };

/**
 * The topology's schema for editors (draft 2020-12): every key with its meaning, default and example, the fields of each connector.
 * More generous than the loader where only the whole can be judged: with `extends` no key is needed, and null takes one out.
 */
export function topologySchema(): Schema {
  const raw = plainSchema(shape);
  const described = describe(raw, "");
  const { properties = {} } = described;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "pdctl topology",
    ...described,
    properties: {
      ...properties,
      model: orText(properties["model"]),
      nodes: orOne(properties["nodes"]),
      kv: withConnectors(properties["kv"] ?? {}),
    },
    if: { not: { required: ["extends"] } },
    then: { required: NEEDED },
  };
}

/** What zod knows of it; what it cannot say in JSON Schema is anything. Bounds that every number of JavaScript has say nothing. */
function plainSchema(schema: z.core.$ZodType): Schema {
  const text = JSON.stringify(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  const { $schema: _, ...made }: Schema = JSON.parse(text, (_, value: unknown) =>
    typeof value === "number" && Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value,
  );
  return made;
}

function describe(schema: Schema, path: string): Schema {
  const { required: _, propertyNames: __, ...rest } = schema;
  const text = texts[homeOfKey(path)];
  const inner: Schema = {
    ...rest,
    ...(text !== undefined && {
      description: text.unset === undefined ? text.says : `${text.says} Unset: ${text.unset}.`,
    }),
    ...(text?.example !== undefined && { examples: [text.example] }),
    ...(schema.items !== undefined && { items: describe(schema.items, `${path}[]`) }),
    ...(schema.anyOf !== undefined && { anyOf: schema.anyOf.map((one) => branch(one, path)) }),
  };
  if (schema.properties === undefined) return inner;
  const entries = Object.entries(schema.properties).map(([key, value]) => {
    const made = describe(value, path === "" ? key : `${path}.${key}`);
    return [key, path === "" && key === "version" ? made : loosened(made)] as const;
  });
  return { ...inner, properties: Object.fromEntries(entries), patternProperties: { "^x-": {} } };
}

/** Alternatives of one key: the key's text stands above them. */
function branch(schema: Schema, path: string): Schema {
  const { description: _, examples: __, ...rest } = describe(schema, path);
  return rest;
}

/** The value, null, or what the environment says. */
function loosened({ description, examples, default: otherwise, ...schema }: Schema): Schema {
  const isText = schema.type === "string" && schema.enum === undefined;
  const isWord = schema.type !== "object" && schema.type !== "array" && !isText;
  return {
    ...(description !== undefined && { description }),
    ...(otherwise !== undefined && { default: otherwise }),
    ...(examples !== undefined && { examples }),
    anyOf: [
      ...(schema.anyOf !== undefined && Object.keys(schema).length === 1 ? schema.anyOf : [schema]),
      ...(isWord ? [FROM_ENV] : []),
      NULL,
    ],
  };
}

const orText = (model: Schema = {}): Schema => ({ ...model, anyOf: [{ type: "string" }, ...(model.anyOf ?? [])] });
const orOne = (nodes: Schema = {}): Schema => ({
  ...nodes,
  anyOf: [...(nodes.anyOf ?? []), { type: "object", required: ["from"] }],
});

/** The fields of the connector that is named, beside its name. */
function withConnectors(kv: Schema): Schema {
  const cases = (use: "transfer" | "cache") => {
    const own = [...connectors.values()].filter(({ uses }) => uses.includes(use));
    return {
      properties: { connector: { enum: own.map(({ name }) => name) } },
      allOf: own.map(({ name, fields }) => ({
        if: { properties: { connector: { const: name } } },
        then: { properties: describe(plainSchema(fields), `kv.${use}.${name}`).properties ?? {} },
      })),
    };
  };
  const narrow = (one: Schema): Schema =>
    one.properties === undefined
      ? one
      : {
          ...one,
          properties: Object.fromEntries(
            Object.entries(one.properties).map(([key, value]) => [
              key,
              key === "transfer" || key === "cache" ? { ...value, ...cases(key) } : value,
            ]),
          ),
        };
  return { ...kv, anyOf: (kv.anyOf ?? []).map(narrow) };
}
