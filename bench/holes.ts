import { type Holes, holesOf } from "./support/silent-holes.ts";

const SEEDS = 10;
const RATE = 0.1;

/** Bars that are missing and nobody says so: barfill, the SDK's collector and a plain loop, under the same faults. */
export async function bench(): Promise<void> {
  const sums = new Map<string, Holes>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    for (const [name, holes] of Object.entries(await holesOf(seed, RATE))) {
      const sum = sums.get(name) ?? { bars: 0, silent: 0, told: 0, requests: 0 };
      sums.set(name, {
        bars: sum.bars + holes.bars,
        silent: sum.silent + holes.silent,
        told: sum.told + holes.told,
        requests: sum.requests + holes.requests,
      });
    }
  }
  console.log(`${SEEDS} seeds of faults on ${RATE * 100} % of the requests, 12 symbols, 3 days of minutes`);
  for (const [name, { bars, silent, told, requests }] of sums) {
    const columns = [bars, silent, told, requests].map((count) => count.toLocaleString("en-US").padStart(10));
    console.log(`${name.padEnd(28)} ${columns.join(" ")}`);
  }
  console.log(`${"".padEnd(28)} ${["bars", "silent", "told", "requests"].map((word) => word.padStart(10)).join(" ")}`);
  const silentOf = (name: string) => sums.get(name)?.silent ?? Number.NaN;
  console.log(`figure holes-barfill ${silentOf("barfill")}`);
  console.log(`figure holes-sdk ${silentOf("SDK collectStockBarsBySymbol")}`);
  console.log(`figure holes-plain-loop ${silentOf("plain loop")}`);
}
