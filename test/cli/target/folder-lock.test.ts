import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lockFolder } from "../../../src/cli/target/folder-lock.ts";
import { OWNER } from "../../../src/cli/target/lock-owner.ts";
import { peer } from "../../../src/cli/target/peer.ts";
import { freshFolder } from "../../support/command.ts";

test("one at a time; the next one may when the lock is lifted", async () => {
  const parent = await freshFolder();
  const folder = join(parent, "bars");
  const unlock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: "FOLDER_IN_USE",
    message: `${folder} is in use by process ${process.pid} on ${hostname()}`,
  });
  await unlock();
  await (await lockFolder(folder))();
  expect(await readdir(parent)).toEqual(["bars"]);
});

describe("a lock that is there already", () => {
  /** What becomes of a lock that holds `content`: the error of who comes next, and what is in the lock then. */
  async function met(content: unknown) {
    const parent = await freshFolder();
    const file = join(parent, ".bars.barfill-lock");
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    const refusal = await lockFolder(join(parent, "bars")).then(
      () => undefined,
      (error: unknown) => error,
    );
    return { file, refusal, left: JSON.parse((await readFile(file, "utf8")) || "null") };
  }

  const gone = () => spawnSync(process.execPath, ["--version"]).pid;
  const { host, pid } = OWNER;

  test.each([
    ["of a process that is gone", () => ({ host, pid: gone(), id: "other" })],
    ["of a process that is gone, from before locks named a host", () => String(gone())],
    ["of one before us under our pid, as in a container that starts again", () => ({ host, pid, id: "other" })],
    ["that was cut off", () => ""],
    ["that names nobody", () => ({ host, pid: -1 })],
  ])("%s is taken over", async (_, content) => {
    expect(await met(content())).toMatchObject({ refusal: undefined, left: OWNER });
  });

  test.runIf(OWNER.started)("of a pid that was given to another process since is taken over", async () => {
    expect((await met({ host, pid: process.ppid, id: "other", started: "1" })).refusal).toBeUndefined();
  });

  test.each([
    ["of a process that is alive", { host, pid: process.ppid, id: "other" }],
    ["of our own pid, from before locks named a host", pid],
  ])("%s is respected", async (_, owner) => {
    expect(await met(owner)).toMatchObject({ refusal: { code: "FOLDER_IN_USE" }, left: owner });
  });

  test("of another host is never taken over, and which file to delete is said", async () => {
    const owner = { host: `not-${host}`, pid: gone(), id: "other" };
    const { file, refusal, left } = await met(owner);
    expect(left).toEqual(owner);
    expect(refusal).toMatchObject({
      code: "FOLDER_IN_USE",
      message: expect.stringContaining(`process ${owner.pid} on not-${host}`),
      hint: expect.stringContaining(`delete ${file}`),
    });
  });
});

test("of many that come at once, one gets in", async () => {
  const folder = join(await freshFolder(), "bars");
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("of many that find a lock of one that is gone, one gets in", async () => {
  const parent = await freshFolder();
  const owner = { host: OWNER.host, pid: spawnSync(process.execPath, ["--version"]).pid, id: "other" };
  for (let round = 0; round < 50; round++) {
    await writeFile(join(parent, `.bars${round}.barfill-lock`), JSON.stringify(owner));
    const all = Array.from({ length: 4 }, () => lockFolder(join(parent, `bars${round}`)));
    const settled = await Promise.allSettled(all);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  }
  expect((await readdir(parent)).filter((name) => name.includes("takeover"))).toEqual([]);
});

test("one that is gone in the middle of a takeover keeps nobody out", async () => {
  const parent = await freshFolder();
  const lock = join(parent, ".bars.barfill-lock");
  const owner = { host: OWNER.host, pid: spawnSync(process.execPath, ["--version"]).pid };
  await writeFile(lock, JSON.stringify({ ...owner, id: "first" }));
  await writeFile(`${lock}-takeover`, JSON.stringify({ ...owner, id: "second" }));
  await (await lockFolder(join(parent, "bars")))();
  expect(await readdir(parent)).toEqual(["bars"]);
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
