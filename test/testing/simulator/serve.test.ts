import { Agent, get } from "node:http";
import { marketData } from "@alpacahq/alpaca-trade-api/rest";
import { afterEach, describe, expect, it } from "vitest";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import type { AlpacaSimulatorOptions, SimulatorServer } from "../../../src/testing/simulator/index.ts";
import { ask, KEYS, type Params, STOCKS, simulate, walkPages } from "./ask.ts";

const MINUTES: Params = {
  symbols: "AAPL,SPY,VIX",
  timeframe: "1Min",
  start: "2022-01-03",
  end: "2022-01-07",
  limit: "1000",
};

let server: SimulatorServer | undefined;
const serve = async (options: Partial<AlpacaSimulatorOptions> = {}) => {
  const simulator = simulate(options);
  server = await simulator.serve();
  const { url } = server;
  return { simulator, url, address: `${url}${STOCKS}?${new URLSearchParams(MINUTES)}` };
};
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** The global fetch against the server, in the shape of `simulator.fetch`. */
const overHttp = (url: string) => ({
  fetch: (input: string | URL | Request, init?: RequestInit) => {
    const { pathname, search } = new URL(String(input));
    return fetch(`${url}${pathname}${search}`, init);
  },
});

describe("the server", () => {
  it("serves every page as the fetch without a socket does", async () => {
    const { simulator, url } = await serve();
    const { bars, pages } = await walkPages(overHttp(url), MINUTES);
    expect(pages).toBeGreaterThan(5);
    expect(simulator.stats).toMatchObject({ requests: pages, pages });
    expect(Object.fromEntries(bars)).toEqual(Object.fromEntries((await walkPages(simulate(), MINUTES)).bars));
  });

  it("sends the same headers and refusals", async () => {
    const { url } = await serve({ clock: fakeClock() });
    for (const params of [MINUTES, { ...MINUTES, symbols: "BRK-B" }, { ...MINUTES, timeframe: "\u20ac" }]) {
      const [near, far] = [await ask(simulate({ clock: fakeClock() }), params), await ask(overHttp(url), params)];
      expect(far.status).toBe(near.status);
      expect(await far.text()).toBe(await near.text());
      for (const name of ["content-type", "x-ratelimit-limit", "x-ratelimit-reset"]) {
        expect(far.headers.get(name)).toBe(near.headers.get(name));
      }
      expect(far.headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
    }
    expect((await fetch(`${url}${STOCKS}`)).status).toBe(401);
  });

  it("speaks to the official SDK", async () => {
    const { simulator, url } = await serve({ credentials: { keyId: "key", secretKey: "secret" } });
    const configuration = { basePath: url, keyId: "key", secret: "secret" };
    const api = new marketData.StockApi(new marketData.Configuration(configuration));
    const request = {
      symbols: "SPY,AAPL",
      timeframe: "1Hour",
      start: new Date("2022-01-03T00:00:00Z"),
      end: new Date("2022-02-01T00:00:00Z"),
      limit: 10_000,
    };
    let bars = 0;
    let token: string | null = null;
    do {
      const { raw } = await api.stockBarsRaw(token === null ? request : { ...request, pageToken: token });
      const page = (await raw.json()) as { bars: Record<string, unknown[]>; next_page_token: string | null };
      bars += Object.values(page.bars).reduce((sum, series) => sum + series.length, 0);
      token = page.next_page_token;
    } while (token !== null);
    expect(bars).toBe(simulator.stats.bars);
    expect(bars).toBe(20 * 16 * 2);
    expect(simulator.stats.pages).toBe(4);
    expect(simulator.stats.rejected).toBe(0);
  });

  it("breaks connections for the faults that do", async () => {
    const { simulator, address } = await serve({
      faults: [
        { kind: "reset", request: 1 },
        { kind: "cut-off", request: 2 },
      ],
    });
    const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error);
    expect(await failure(fetch(address, { headers: KEYS }))).toBeInstanceOf(TypeError);
    const cutOff = await fetch(address, { headers: KEYS });
    expect(cutOff.status).toBe(200);
    expect(Number(cutOff.headers.get("content-length"))).toBeGreaterThan(90_000);
    expect(await failure(cutOff.text())).toBeInstanceOf(TypeError);
    const whole = await fetch(address, { headers: KEYS });
    expect((await whole.text()).length).toBe(Number(whole.headers.get("content-length")));
    expect(simulator.stats).toMatchObject({ requests: 3, faults: 2 });
  });

  it("keeps connections alive", async () => {
    const { address } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve, reject) => {
        const request = get(address, { agent, headers: KEYS }, (response) => {
          ports.add(request.socket?.localPort);
          response.on("end", resolve).resume();
        }).on("error", reject);
      });
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  it("says what went wrong in the market", async () => {
    const market = {
      bars: () => {
        throw new Error("line 7 is no bar");
      },
      count: () => ({ bars: 0, minutes: 0 }),
      assets: () => [],
    };
    const { simulator, address } = await serve({ market });
    const response = await fetch(address, { headers: KEYS });
    expect([response.status, await response.text()]).toEqual([500, '{"message":"Error: line 7 is no bar"}']);
    await expect(ask(simulator, MINUTES)).rejects.toThrow("line 7 is no bar");
  });

  it("leaves nothing open when it closes, slow answers included", async () => {
    const clock = fakeClock({ stallMs: 0 });
    const { simulator, address, url } = await serve({ clock, faults: [{ kind: "slow" }] });
    const unanswered = fetch(address, { headers: KEYS }).catch((error: unknown) => error);
    while (simulator.stats.requests === 0) await new Promise((resolve) => setImmediate(resolve));
    await server?.close();
    server = undefined;
    expect(await unanswered).toBeInstanceOf(TypeError);
    await expect(fetch(url)).rejects.toThrow();
    // The sleep ended with its connection: there is no sleeper whose time would come.
    const before = clock.now();
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow("nobody sleeps");
    expect(clock.now()).toBe(before);
  });

  it("takes a port, and refuses one that is taken", async () => {
    const { url } = await serve();
    await expect(simulate().serve({ port: Number(new URL(url).port) })).rejects.toThrow("EADDRINUSE");
  });
});

it("closes at the end of the block that it is used in", async () => {
  let url: string;
  {
    await using own = await simulate({}).serve();
    url = own.url;
    expect((await fetch(url)).status).toBe(404);
  }
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});
