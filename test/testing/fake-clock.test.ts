import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { fakeClock } from "../../src/testing/fake-clock.ts";

describe("fakeClock", () => {
  it("wakes sleepers in the order of their times, each at its own time", async () => {
    const clock = fakeClock({ now: 1000 });
    const woken: string[] = [];
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push(`${name}@${clock.now()}`);
    };
    void sleep("late", 300);
    void sleep("early", 100);
    void sleep("early too", 100);
    await clock.advance(299);
    expect(woken).toEqual(["early@1100", "early too@1100"]);
    expect(clock.now()).toBe(1299);
    await clock.advance(1);
    expect(woken.at(-1)).toBe("late@1300");
  });

  it("lets promises settle between two sleepers, so that one may sleep again in between", async () => {
    const clock = fakeClock({ now: 0 });
    const seen: number[] = [];
    void (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10);
        seen.push(clock.now());
      }
    })();
    await clock.advance(100);
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(100);
  });

  it("resolves at once when there is nothing to wait for", async () => {
    const clock = fakeClock({ now: 5 });
    await clock.sleep(0);
    await clock.sleep(-1);
    expect(clock.now()).toBe(5);
  });

  it("rejects a sleep with the reason of its signal, before and during", async () => {
    const clock = fakeClock();
    const reason = new Error("enough");
    await expect(clock.sleep(10, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const asleep = clock.sleep(10, controller.signal);
    controller.abort(reason);
    await expect(asleep).rejects.toBe(reason);
    const before = clock.now();
    await expect(clock.run(clock.sleep(3).then(() => clock.now()))).resolves.toBe(before + 3);
  });

  it("runs a promise through all its sleeps", async () => {
    const clock = fakeClock({ now: 0 });
    const work = async () => {
      await Promise.all([clock.sleep(60_000), clock.sleep(3_600_000)]);
      await clock.sleep(1);
      return "done";
    };
    expect(await clock.run(work())).toBe("done");
    expect(clock.now()).toBe(3_600_001);
  });

  it("passes on a rejection", async () => {
    const clock = fakeClock();
    const failing = clock.sleep(10).then(() => Promise.reject(new Error("no")));
    await expect(clock.run(failing)).rejects.toThrow("no");
  });

  it("waits for real work that nobody's sleep holds up", async () => {
    const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const clock = fakeClock();
    const text = fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } }).then((r) => r.text());
    expect(await clock.run(text)).toBe("hello");
    server.close();
  });

  it("says so when a promise can never settle", async () => {
    const clock = fakeClock({ stallMs: 0 });
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow("nobody sleeps");
  });
});
