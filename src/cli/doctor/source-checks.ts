import { ALPACA_SUBSCRIPTIONS } from "../../adapters/alpaca/index.ts";
import { isBarfillError } from "../../errors.ts";
import type { EpochMs } from "../../model/interval.ts";
import { DAY_MS, MINUTE_MS } from "../../model/units.ts";
import { errorShape } from "../command-error.ts";
import { type Rate, rateText } from "../rate.ts";
import { isStocks, openSource, type SourceInput, silenceHint } from "../source.ts";
import { count, duration } from "../text/words.ts";
import type { Check } from "./check.ts";

export interface SourceCheckInput extends SourceInput {
  readonly rate: Rate;
  readonly now: () => EpochMs;
}

/** What one answer tells beside its bars. */
interface Answer {
  readonly headers: Headers;
  /** Half way between question and answer, on our clock. */
  readonly at: EpochMs;
}

/** Asks the source two small questions. Never rejects: what goes wrong is what is found. */
export async function sourceChecks(input: SourceCheckInput): Promise<Check[]> {
  const answers: Answer[] = [];
  const listening: typeof fetch = async (...request) => {
    const sent = input.now();
    const response = await fetch(...request);
    answers.push({ headers: response.headers, at: (sent + input.now()) / 2 });
    return response;
  };
  const checks = [await credentials(input, listening)];
  const [first] = answers;
  if (checks[0]?.state !== "ok" || first === undefined) {
    if (first !== undefined) checks.push(clockCheck(first));
    return checks;
  }
  if (isStocks(input)) checks.push(await subscription(input, listening));
  return [...checks, rateCheck(first.headers, input.rate), clockCheck(first)];
}

async function credentials(input: SourceCheckInput, listening: typeof fetch): Promise<Check> {
  const name = "credentials";
  try {
    const end = input.now() - 30 * DAY_MS;
    await ask(input, listening, { start: end - 5 * DAY_MS, end });
    return { name, state: "ok", found: isStocks(input) ? "the keys are let in" : "crypto bars need no keys" };
  } catch (error) {
    const { message, hint } = errorShape(error);
    if (isBarfillError(error, "SOURCE_UNAVAILABLE")) {
      const advice = silenceHint(input.settings, error) ?? "Check the network, the proxy and --base-url";
      return { name, state: "problem", found: message, advice };
    }
    return {
      name,
      state: "problem",
      found: withoutHint(message, hint),
      advice: hint ?? "Look at the answer of the service",
    };
  }
}

/** SIP bars of this minute are what a free account may not ask for. */
async function subscription(input: SourceCheckInput, listening: typeof fetch): Promise<Check> {
  const name = "subscription";
  const delayed = (input.settings.withheldTailMs ?? Number.POSITIVE_INFINITY) >= 15 * MINUTE_MS;
  try {
    await ask({ ...input, settings: { ...input.settings, feed: "sip" } }, listening, {
      start: input.now() - 5 * MINUTE_MS,
      end: input.now(),
    });
    const found = "SIP bars without delay (Algo Trader Plus, or broker)";
    if (!delayed || (input.settings.feed ?? "sip") !== "sip") return { name, state: "ok", found };
    const advice = "Pass --withheld-tail-ms 60000: the default waits 16 minutes, which this subscription need not";
    return { name, state: "warning", found, advice };
  } catch (error) {
    if (!isBarfillError(error, "SOURCE_ACCESS")) {
      return { name, state: "warning", found: errorShape(error).message, advice: "Ask again later" };
    }
    const found = "SIP bars with 15 minutes of delay (Basic)";
    if (delayed) return { name, state: "ok", found };
    return { name, state: "problem", found, advice: TOO_YOUNG };
  }
}

const TOO_YOUNG =
  "Leave --withheld-tail-ms out, or pass 960000: younger bars are refused, and with them the whole request";

function rateCheck(headers: Headers, rate: Rate): Check {
  const name = "rate";
  const limit = Number(headers.get("x-ratelimit-limit") ?? Number.NaN);
  if (!(limit > 0)) {
    const rates = ALPACA_SUBSCRIPTIONS.map((one) => `${one.name} ${count(one.requestsPerMinute)}`).join(", ");
    return {
      name,
      state: "ok",
      found: `${rateText(rate)}; the service does not tell (${rates})`,
    };
  }
  const allowed = `${count(limit)} requests a minute are allowed`;
  if (rate === "learn") return { name, state: "ok", found: `${allowed}, which is learned` };
  const found = `${allowed}, ${count(rate)} are used`;
  const advice = `Set --requests-per-minute ${limit}`;
  if (rate > limit) return { name, state: "problem", found, advice };
  return rate < limit ? { name, state: "warning", found, advice } : { name, state: "ok", found };
}

/** A minute is what the withheld tail leaves for clocks that differ; the header has whole seconds. */
function clockCheck({ headers, at }: Answer): Check {
  const name = "clock";
  const theirs = Date.parse(headers.get("date") ?? "");
  if (!Number.isFinite(theirs)) return { name, state: "skipped", found: "the service does not tell the time" };
  const skewMs = at - (theirs + 500);
  const found = `${duration(Math.abs(skewMs))} ${skewMs < 0 ? "behind" : "ahead of"} the service`;
  if (Math.abs(skewMs) < 10_000) return { name, state: "ok", found };
  const advice = "Set this machine's clock (NTP): what is too recent to be final is told by it";
  return { name, state: Math.abs(skewMs) < MINUTE_MS ? "warning" : "problem", found, advice };
}

async function ask(
  input: SourceCheckInput,
  listening: typeof fetch,
  interval: { readonly start: EpochMs; readonly end: EpochMs },
): Promise<void> {
  const source = openSource(input, listening);
  const symbols = [isStocks(input) ? "SPY" : "BTC/USD"];
  const request = { symbols, timeframe: "1Day", feed: source.feed, adjustment: "raw", interval } as const;
  await source.fetchPage(request);
}

function withoutHint(message: string, hint: string | undefined): string {
  return hint === undefined ? message : message.replace(`. ${hint}`, "");
}
