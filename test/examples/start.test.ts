import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { lockFolder } from "../../src/cli/target/folder-lock.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

test("npm start leaves a folder alone that another process is in, and says who that is", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "barfill-start-"));
  const folder = join(".barfill", "made-up");
  const unlock = await lockFolder(join(cwd, folder));
  try {
    const args = ["--tsconfig", join(ROOT, "tsconfig.json"), join(ROOT, "examples/start.ts")];
    const { APCA_API_KEY_ID: _, ...env } = process.env;
    const tsx = join(ROOT, "node_modules/.bin/tsx");
    const { status, stderr } = spawnSync(tsx, args, { cwd, env, encoding: "utf8" });
    expect(stderr).toContain(`${folder} is in use by process ${process.pid} on `);
    expect(stderr).toContain("Wait for it, or stop it.");
    expect(stderr).not.toContain("    at ");
    expect(status).toBe(1);
    expect(await readdir(join(cwd, folder))).toEqual([]);
  } finally {
    await unlock();
    await rm(cwd, { recursive: true });
  }
});
