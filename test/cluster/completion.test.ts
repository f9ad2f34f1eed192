import { describe, expect, it } from "vitest";
import { completion } from "../../src/cluster/smoke/trial.ts";

const reply = (text: string, completionTokens: number) => ({
  status: 200,
  headers: {},
  ms: 1,
  text: JSON.stringify({
    choices: [{ text, finish_reason: "stop" }],
    usage: { prompt_tokens: 600, completion_tokens: completionTokens },
  }),
});

describe("the answer of a trial", () => {
  it("may be a token that is no text: a model that ends at once is not a broken cluster", () => {
    expect(completion(reply("", 1), { promptWords: 600 })).toEqual({ text: "", promptTokens: 600 });
  });

  it("is none where no token was generated", () => {
    expect(() => completion(reply("", 0), { promptWords: 600 })).toThrow("the answer has no text");
  });
});
