import { spawnSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockFolder } from "../../../src/cli/target/folder-lock.ts";
import { peer } from "../../../src/cli/target/peer.ts";
import { freshFolder } from "../../support/command.ts";

test("one at a time; the next one may when the lock is lifted", async () => {
  const parent = await freshFolder();
  const folder = join(parent, "bars");
  const unlock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: "FOLDER_IN_USE",
    message: `${folder} is in use by process ${process.pid}`,
  });
  await unlock();
  await (await lockFolder(folder))();
  expect(await readdir(parent)).toEqual(["bars"]);
});

test.each([
  ["of a process that is gone", () => String(spawnSync(process.execPath, ["--version"]).pid)],
  ["that was cut off", () => ""],
])("a lock %s is taken over", async (_, content) => {
  const parent = await freshFolder();
  await writeFile(join(parent, ".bars.barfill-lock"), content());
  await (await lockFolder(join(parent, "bars")))();
});

test("of many that come at once, one gets in", async () => {
  const folder = join(await freshFolder(), "bars");
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a part that is not installed is named, with how to install it; what else goes wrong stays", async () => {
  const absent = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  await expect(peer("pg", () => Promise.reject(absent), "DATABASE_URL needs it")).rejects.toMatchObject({
    code: "PEER_MISSING",
    message: "pg is not installed, and DATABASE_URL needs it",
    hint: "npm install pg",
  });
  const other = new Error("broken");
  await expect(peer("pg", () => Promise.reject(other), "")).rejects.toBe(other);
});
