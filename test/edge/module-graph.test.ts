import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bundleFunctions } from "../support/bundle-functions.ts";

it("no function of the example needs a built-in of Node, or anything else that is not in its bundle", async () => {
  const folder = mkdtempSync(join(tmpdir(), "barfill-graph-"));
  try {
    for (const { name, outside, parts } of await bundleFunctions(folder)) {
      expect([name, outside]).toEqual([name, []]);
      expect(Object.keys(parts)).toContain("@supabase/supabase-js");
      expect(Object.keys(parts)).not.toContain("pg");
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
