import type { RateLimiter } from "../../contracts/rate-limiter.ts";
import { isBarfillError } from "../../errors.ts";
import type { EpochMs } from "../../model/interval.ts";
import { MINUTE_MS } from "../../model/units.ts";
import { steadyClock } from "../../steady-clock.ts";
import { learnAllowance } from "./allowance.ts";
import { openLine } from "./line.ts";
import { MAKE_UP_SPEED, makeUpFor } from "./make-up.ts";
import { type BottleneckLimiterOptions, resolveOptions, SLOWEST_PER_MINUTE } from "./options.ts";
import { openPace, openSimulatedPace, type Pace } from "./pace.ts";
import { tokenBucket } from "./token-bucket.ts";

/**
 * How late the event loop may be at no cost. Turns are asked for that far ahead: under a loop blocked for 10 of every
 * 23 ms, turns 6 ms apart came at 128 a second one by one, and at all 167 so. And a minute's turns are spread over that
 * much more than a minute, 0.17 %, or a late start would find one too many in the minute after it.
 */
const LATENESS_MS = 100;

/** Where the search for an unknown rate begins: Alpaca's free subscription. */
const FIRST_RATE = 200;

/** What `setTimeout` takes. A longer wait is made of several. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

/**
 * A rate limiter on Bottleneck: requests leave in the order of `schedule`, evenly spaced, and in no
 * 60 seconds more than `requestsPerMinute`; with `burst`, those saved up leave at once, and with `makeUp`, those that a
 * hold kept back leave up to 10 % faster after it. In no 60 seconds do more leave than the rate and both of them.
 *
 * - `holdUntil`: those that wait stay in line, and leave spaced again when the hold is over.
 * - `observe`: holds until `resetAt` when nothing remains; a lower `limit` slows down to it, and a higher one speeds up
 *   again, up to `requestsPerMinute`.
 * - A request that rejects with {@link RateLimitedError} slows down too, unless the service has just said that requests
 *   remain; what is served afterwards speeds up again. So a rate set too high comes down to what is allowed, and with
 *   `"learn"` the rate is found, by the headers where there are any and by refusals where not.
 *
 * Nothing is left behind, no timer either, when nobody waits. Throws {@link OptionsError}.
 *
 * @example
 * const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
 * const answer = await limiter.schedule(() => fetch(url));
 */
export function bottleneckLimiter(options: BottleneckLimiterOptions): RateLimiter {
  const { requestsPerMinute, burst, makeUp, maxConcurrent, clock: machineClock } = resolveOptions(options);
  // Bottleneck holds its turns to the machine's clock: where that is set back, only a new pace knows.
  const clock = steadyClock(machineClock, dropWaits);
  const most = requestsPerMinute === "learn" ? Number.POSITIVE_INFINITY : requestsPerMinute;
  const allowance = learnAllowance({ start: Math.min(most, requestsPerMinute === "learn" ? FIRST_RATE : most), most });
  let rate = allowance.rate;
  const owed = makeUpFor(makeUp);
  let makingUp = false;
  const spacingMs = () => (MINUTE_MS + LATENESS_MS) / (rate * (makingUp ? MAKE_UP_SPEED : 1));
  const turnsAhead = () => Math.max(1, Math.floor(LATENESS_MS / spacingMs()));
  const bucket = tokenBucket(burst, spacingMs(), clock.now());

  // The line stands before Bottleneck, and Bottleneck is asked for bare turns: whoever is first in line when one comes
  // takes it. So leaving the line costs nobody a turn, and a hold or another rate only drops turns, never requests.
  const line = openLine(advance);
  let pace: Pace | undefined;
  let turnsAsked = 0;
  let running = 0;
  let lastTurnAt: EpochMs = Number.NEGATIVE_INFINITY;
  let heldUntil: EpochMs = Number.NEGATIVE_INFINITY;
  let gate: AbortController | undefined;
  /** Requests that the service said are left, less those that left since. */
  let remain: number | undefined;
  /** At the last turn, somebody else was waiting. */
  let saturated = false;

  /** Does all that can be done now, and sees to it that the rest is done later. */
  function advance(): void {
    if (clock.now() >= heldUntil) spendBurst();
    if (line.length === 0) rest();
    else if (gate === undefined) {
      // The first turn of a pace comes at once: it must not come closer to the last one of the pace before.
      const opensAt = Math.max(heldUntil, lastTurnAt + spacingMs());
      if (pace === undefined && clock.now() < opensAt) waitUntil(opensAt);
      else askForTurns();
    }
  }

  function spendBurst(): void {
    while (line.length > 0 && running + turnsAsked < maxConcurrent && bucket.trySpend(clock.now())) startNext();
  }

  function askForTurns(): void {
    pace ??= machineClock.isSimulated ? openSimulatedPace(spacingMs(), clock) : openPace(spacingMs());
    const wanted = Math.min(line.length, maxConcurrent - running, turnsAhead());
    for (; turnsAsked < wanted; turnsAsked++) pace.askForTurn(takeTurn);
  }

  function takeTurn(): void {
    turnsAsked--;
    lastTurnAt = clock.now();
    bucket.take(lastTurnAt);
    startNext();
    if (makingUp) owed.pay();
    saturated = line.length > 0;
    allowance.left(lastTurnAt, saturated);
    keepPace();
    advance();
  }

  function startNext(): void {
    running++;
    if (remain !== undefined) remain--;
    line.startFirst();
  }

  function finish(): void {
    running--;
    keepPace();
    advance();
  }

  function takeRefusal(leftAt: EpochMs): void {
    // The answers to those under way, which may have drawn before, are not in yet.
    if (remain !== undefined && remain > running) return;
    const told = allowance.refused(leftAt, clock.now());
    if (told === "rate") owed.refused(makingUp);
    if (told === "everything") owed.takeBack();
  }

  function waitUntil(time: EpochMs): void {
    const waitMs = Math.min(Math.ceil(time - clock.now()), LONGEST_SLEEP_MS);
    const opened = new AbortController();
    gate = opened;
    const reopen = () => {
      if (gate !== opened) return;
      gate = undefined;
      advance();
    };
    clock.sleep(waitMs, opened.signal).then(reopen, reopen);
  }

  function rest(): void {
    if (turnsAsked > 0 || gate !== undefined) dropWaits();
  }

  function dropWaits(): void {
    pace?.retire();
    pace = undefined;
    turnsAsked = 0;
    const closed = gate;
    gate = undefined;
    closed?.abort();
  }

  function holdUntil(time: EpochMs): void {
    const now = clock.now();
    const until = clock.at(time);
    if (!(until > now && until > heldUntil)) return;
    if (saturated && allowance.isSteady) {
      owed.owe(((until - Math.max(now, heldUntil)) * rate) / MINUTE_MS, rate / 3);
    }
    heldUntil = until;
    bucket.emptyUntil(until);
    dropWaits();
    advance();
  }

  /** How far our clock is ahead of the service's, negative where behind; the seconds that its date hides count as 0. */
  function aheadOf(toldAt: EpochMs | undefined): number {
    const ahead = toldAt === undefined ? 0 : machineClock.now() - toldAt;
    return Math.abs(ahead) < 2000 ? 0 : ahead;
  }

  /** Takes up the rate that was learned, or the one to make up for a hold; where neither changed, does nothing. */
  function keepPace(): void {
    const makesUp = owed.isDue && (remain === undefined || remain > running + 1);
    if (allowance.rate === rate && makesUp === makingUp) return;
    makingUp = false;
    if (allowance.rate !== rate) {
      rate = allowance.rate;
      // A service that allows fewer a minute than configured has no larger bucket either.
      const size = rate < most ? Math.min(burst, Math.max(1, Math.floor(rate))) : burst;
      bucket.refit(clock.now(), size, spacingMs());
    }
    makingUp = makesUp;
    dropWaits();
  }

  return {
    get requestsPerMinute() {
      return rate;
    },
    schedule(request, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        line.join({
          signal,
          leave: reject,
          start() {
            const leftAt = clock.now();
            const outcome = (async () => request())();
            const answered = () => {
              allowance.served();
              finish();
            };
            const broken = (error: unknown) => {
              if (isBarfillError(error, "SOURCE_RATE_LIMITED")) takeRefusal(leftAt);
              finish();
            };
            outcome.then(answered, broken);
            resolve(outcome);
          },
        });
        advance();
      });
    },
    observe({ limit, remaining, resetAt, toldAt }) {
      if (remaining !== undefined) remain = remaining;
      if (limit !== undefined && limit > 0) allowance.told(Math.max(limit, SLOWEST_PER_MINUTE));
      keepPace();
      advance();
      if (remaining !== undefined && remaining <= 0 && resetAt !== undefined) holdUntil(resetAt + aheadOf(toldAt));
    },
    holdUntil,
  };
}
