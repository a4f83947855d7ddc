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

const BLOCK =
  /(?:<!-- given\n(?<given>[\s\S]*?)-->\n+)?(?<runs><!-- runs -->\n+)?```ts\n(?<code>[\s\S]*?)```(?:\n+```text\n(?<prints>[\s\S]*?)```)?/g;

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
