// npm run simulate -- --seeds N --from S runs so many seeds on all cores; --seed N --trace prints every step of one.
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import type { Outcome } from "./simulate.ts";

const { simulate } = await import("./simulate.ts");

if (process.send !== undefined) await work();
else await run();

interface Share {
  readonly from: number;
  readonly to: number;
  readonly every: number;
}

/** A child: every so many-th seed, each told as it ends. */
async function work(): Promise<void> {
  const { from, to, every } = JSON.parse(process.argv[2] ?? "") as Share;
  for (let seed = from; seed < to; seed += every) process.send?.(await simulate(seed));
  process.disconnect();
}

async function run(): Promise<void> {
  const whole = (text: string) => {
    if (!/^\d+$/.test(text)) throw new InvalidArgumentError("a whole number, 0 or more");
    return Number(text);
  };
  const { seeds, from, seed, trace, processes } = new Command("simulate")
    .description("Runs whole backfills under seeded faults and checks what barfill promises.")
    .option("--seeds <n>", "how many seeds", whole, 2000)
    .option("--from <seed>", "the first of them", whole, 1)
    .option("--seed <seed>", "one seed alone", whole)
    .option("--trace", "print every step of it")
    .option("--processes <n>", "how many at a time", whole, availableParallelism())
    .parse()
    .opts<{ seeds: number; from: number; seed?: number; trace?: true; processes: number }>();
  if (seed !== undefined) return one(seed, trace === true);
  process.exitCode = (await many(from, seeds, Math.max(1, processes))) ? 0 : 1;
}

async function one(seed: number, trace: boolean): Promise<void> {
  const outcome = await simulate(seed, trace ? { trace: (line) => console.log(line) } : {});
  for (const violation of outcome.violations) console.log(`VIOLATION ${violation}`);
  console.log(`seed ${seed}: ${outcome.steps} steps, ${outcome.violations.length} violations`);
  console.log(JSON.stringify(outcome.counts));
  process.exitCode = outcome.violations.length === 0 ? 0 : 1;
}

/** True when no seed found anything. */
async function many(from: number, seeds: number, processes: number): Promise<boolean> {
  const started = performance.now();
  const sums: Record<string, number> = {};
  let done = 0;
  let broken = 0;
  const note = ({ seed, violations, counts }: Outcome) => {
    done++;
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
    if (done % 1000 === 0) console.error(`${done} seeds, ${broken} broken, ${seconds(started)} s`);
    if (violations.length === 0) return;
    broken++;
    for (const violation of violations.slice(0, 3)) console.log(`seed ${seed}: ${violation}`);
    console.log(`  npm run simulate -- --seed ${seed} --trace`);
  };
  const shares = Array.from({ length: processes }, (_, i) => ({ from: from + i, to: from + seeds, every: processes }));
  await Promise.all(shares.map((share) => inChild(share, note)));
  if (done !== seeds) throw new Error(`${seeds - done} seeds did not come to an end`);
  console.log(`${done} seeds from ${from}: ${broken} broke a promise, ${seconds(started)} s on ${processes} processes`);
  console.log(JSON.stringify(sums));
  return broken === 0;
}

function inChild(share: Share, note: (outcome: Outcome) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(share)], { execArgv: process.execArgv });
    child.on("message", (outcome) => note(outcome as Outcome));
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a child ended with ${code}`))));
  });
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}
