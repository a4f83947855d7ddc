// What the pages name in the midst of a sentence, and where their links lead: nothing that is not there. What they tell
// people to type is run (shell.test.ts).
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { queueCases, storeCases } from "../../src/testing/index.ts";
import { PAGES, ROOT } from "./pages.ts";

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
const pages = PAGES.map((page) => ({ page, text: readFileSync(join(ROOT, page), "utf8") }));
const found = (pattern: RegExp) =>
  pages.flatMap(({ page, text }) => [...text.matchAll(pattern)].map(([all, ...parts]) => ({ page, all, parts })));

test("every npm script is one", () => {
  const unknown = found(/npm run ([\w:-]+)/g).filter(({ parts: [name = ""] }) => scripts[name] === undefined);
  expect(unknown).toEqual([]);
});

test("every benchmark and every long suite that is named is there", () => {
  const names = (folder: string) => readdirSync(join(ROOT, folder)).map((file) => file.replace(/(\.test)?\.ts$/, ""));
  const missing = (pattern: RegExp, known: readonly string[]) =>
    found(pattern).filter(({ parts: [name = ""] }) => name !== "NAME" && !known.includes(name));
  expect(missing(/npm run bench -- (\w+)/g, names("bench"))).toEqual([]);
  expect(missing(/npm run test:long -- ([\w-]+)/g, names("test/long"))).toEqual([]);
});

test("every file that is run is there", () => {
  const missing = found(/npx (?:tsx|vitest run) ([\w./-]+)/g).filter(({ parts: [path = ""] }) => {
    // The reader's own.
    if (path === "first.mts") return false;
    return !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, `${path}.test.ts`));
  });
  expect(missing).toEqual([]);
});

test("the guide for adapters counts all cases", () => {
  const page = readFileSync(join(ROOT, "docs/writing-an-adapter.md"), "utf8");
  const last = (cases: readonly { readonly id: string }[]) =>
    cases
      .map(({ id }) => id)
      .sort()
      .at(-1);
  expect(/`storeCases`, S01 to (S\d+)/.exec(page)?.[1]).toBe(last(storeCases));
  expect(/`queueCases`, Q01 to (Q\d+)/.exec(page)?.[1]).toBe(last(queueCases));
});

test("every link leads to a page, and to a heading of it", () => {
  const broken = found(/\]\(([^)\s]+)\)/g).filter(({ page, parts: [link = ""] }) => {
    if (/^https?:/.test(link)) return false;
    const [path = "", heading] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    if (!existsSync(join(ROOT, target))) return true;
    return heading !== undefined && target.endsWith(".md") && !headingsOf(target).includes(heading);
  });
  expect(broken).toEqual([]);
});

/** As the hosts of repositories make anchors of them. */
function headingsOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );
}
