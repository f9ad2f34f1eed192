/** Public images whose tag is the release of what is in them: the end of the name, and whose releases it tells. */
const images: readonly {
  readonly name: string;
  readonly tells: (release: string) => Readonly<Record<string, string>>;
}[] = [
  { name: "vllm/vllm-openai", tells: (vllm) => ({ vllm }) },
  // each is built on the vLLM that has its three numbers, as M13 wants it
  { name: "ascend/vllm-ascend", tells: (plugin) => ({ vllm: threeNumbers(plugin), "vllm-ascend": plugin }) },
];

/**
 * Releases by package that an image's name plainly says: `vllm/vllm-openai:v0.11.0`, `quay.io/ascend/vllm-ascend:v0.11.0rc1-a3`. A tag
 * that is no release (`latest`, `nightly`), a digest alone and an image of somebody else say nothing.
 * Source: the tags of both on their registries.
 */
export function releasesOfImage(image: string): Readonly<Record<string, string>> {
  const [, name = "", release = ""] = TAGGED.exec(image) ?? [];
  const known = images.find((each) => name === each.name || name.endsWith(`/${each.name}`));
  return release === "" || known === undefined ? {} : known.tells(release);
}

/** Name, a release of three numbers, and behind a dash what it is built for. */
const TAGGED = /^(.+):v?(\d+\.\d+\.\d+(?:\.?(?:rc|post|dev|a|b)\d+)*)(?:-[\w.-]+)?(?:@sha256:[0-9a-f]+)?$/;

const threeNumbers = (release: string): string => /^\d+\.\d+\.\d+/.exec(release)?.[0] ?? release;
