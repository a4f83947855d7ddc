import { readFileSync } from "node:fs";
import { PAGES, ROOT } from "./pages.ts";

/** A block of TypeScript in a page, with what the page hides from its readers. */
export interface CodeBlock {
  /** `docs/planning.md:6`, of the block's first line. */
  readonly at: string;
  /** What to compile: the text of the comment `<!-- given … -->` above it, then the block. */
  readonly code: string;
  /** Whether `<!-- runs -->` stands above it. */
  readonly runs: boolean;
  /** What it prints when it runs: the block of text right below it. */
  readonly prints: string | undefined;
}

/** A block in a page, in whatever language. */
export interface Fence {
  readonly page: string;
  /** Its first words, which name it in lists of exemptions: lines move. */
  readonly first: string;
  readonly language: string;
  /** Without the indentation of the list that it stands in. */
  readonly text: string;
}

const BLOCK =
  /(?:<!-- given\n(?<given>[\s\S]*?)-->\n+)?(?<runs><!-- runs -->\n+)?^(?<indent> *)```ts\n(?<code>[\s\S]*?)^ *```(?:\n+```text\n(?<prints>[\s\S]*?)```)?/gm;

/** Every block of TypeScript of the pages that readers are sent to, in order. */
export function codeBlocks(): readonly CodeBlock[] {
  return PAGES.flatMap((page) => {
    const text = readFileSync(`${ROOT}${page}`, "utf8");
    return [...text.matchAll(BLOCK)].map(({ index, groups = {} }) => ({
      at: `${page}:${text.slice(0, text.indexOf("```ts", index)).split("\n").length}`,
      code: `${groups["given"] ?? ""}${groups["code"] ?? ""}`,
      runs: groups["runs"] !== undefined,
      prints: groups["prints"],
    }));
  });
}

const FENCE = /^(?<indent> *)```(?<language>\w*)\n(?<text>[\s\S]*?)^ *```$/gm;

export function fences(): readonly Fence[] {
  return PAGES.flatMap((page) => {
    const all = [...readFileSync(`${ROOT}${page}`, "utf8").matchAll(FENCE)];
    return all.map(({ groups: { indent = "", language = "", text = "" } = {} }) => {
      const lines = text.split("\n").map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
      return { page, first: lines[0] ?? "", language, text: lines.join("\n") };
    });
  });
}
