import type { Knobs } from "./knobs.ts";
import { parseWireTime, type WireTime } from "./wire-time.ts";

/** Where a walk stands: the last bar returned, or an instant beside it after an empty page. */
export interface PageToken {
  readonly symbol: string;
  /** `M` for intraday timeframes, `D` for a day and longer. */
  readonly unit: "M" | "D";
  readonly time: WireTime;
}

/** Base64 of `SYMBOL|M|2022-01-03T09:00:00.000000000Z`, or with nanoseconds since the epoch. */
export function encodePageToken({ symbol, unit, time }: PageToken, format: Knobs["tokenFormat"]): string {
  const text =
    format === "nanoseconds"
      ? String(BigInt(time.ms) * 1_000_000n + BigInt(time.nanos))
      : `${new Date(time.ms).toISOString().slice(0, -1)}${String(time.nanos).padStart(6, "0")}Z`;
  return btoa(`${symbol}|${unit}|${text}`);
}

/** The token of either format, or `undefined` for anything else. */
export function decodePageToken(text: string): PageToken | undefined {
  const [symbol, unit, timeText = "", ...rest] = decodeBase64(text).split("|");
  if (symbol === undefined || (unit !== "M" && unit !== "D") || rest.length > 0) return undefined;
  const time = /^-?\d+$/.test(timeText) ? fromNanoseconds(BigInt(timeText)) : parseWireTime(timeText, "utc");
  return time && { symbol, unit, time };
}

/** The same place as another token: a nanosecond further on in the direction of the walk. */
export function nudge(token: PageToken, order: "asc" | "desc"): PageToken {
  return { ...token, time: order === "asc" ? after(token.time) : before(token.time) };
}

/** The next nanosecond. */
function after({ ms, nanos }: WireTime): WireTime {
  return nanos === 999_999 ? { ms: ms + 1, nanos: 0 } : { ms, nanos: nanos + 1 };
}

/** The nanosecond before. */
function before({ ms, nanos }: WireTime): WireTime {
  return nanos === 0 ? { ms: ms - 1, nanos: 999_999 } : { ms, nanos: nanos - 1 };
}

/** A time outside `edge`, by less than a millisecond and with room to nudge: a walk from there begins at the edge. */
export function timeOutside(edge: WireTime, order: "asc" | "desc"): WireTime {
  return { ms: edge.ms + (order === "asc" ? -1 : 1), nanos: 500_000 };
}

function fromNanoseconds(total: bigint): WireTime {
  const nanos = Number(((total % 1_000_000n) + 1_000_000n) % 1_000_000n);
  return { ms: Number((total - BigInt(nanos)) / 1_000_000n), nanos };
}

function decodeBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
