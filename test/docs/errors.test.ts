// docs/errors.md: why, and what to do, for every code that a caller can meet.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./pages.ts";

const CODES = [/\bcode = "([A-Z_]+)"/g, /CommandError\("([A-Z_]+)"/g, /error: \{ code: "([A-Z_]+)"/g];

test("every code has a heading", () => {
  const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  const headings = [...page.matchAll(/^## (.*)$/gm)].flatMap(([, title = ""]) => title.split(", "));
  const src = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  const codes = src.flatMap((path) => {
    const text = readFileSync(join(ROOT, "src", path), "utf8");
    return CODES.flatMap((pattern) => [...text.matchAll(pattern)].map(([, code]) => code));
  });
  expect(codes).toContain("LEASE_LOST");
  expect(codes).toContain("FOLDER_IN_USE");
  expect(codes).toContain("DISPATCH_FAILED");
  expect(codes).toContain("CONFLICT");
  expect([...new Set(codes)].filter((code) => !headings.includes(code ?? ""))).toEqual([]);
});
