import type { EpochMs, Interval } from "../../../model/interval.ts";

/** The years 1 to 9998, as far as a timestamptz and an ISO text of four digits both go, the end included. */
export const TIMES: Interval = { start: -62_135_596_800_000, end: 253_370_764_800_000 };

/** PostgreSQL counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** `time` as timestamptz text; what is beyond {@link TIMES} becomes its edge. */
export function timeText(time: EpochMs): string {
  return new Date(Math.min(Math.max(time, TIMES.start), TIMES.end)).toISOString();
}

/** Writes `time` at `offset` as the eight bytes of a binary timestamptz. */
export function writeTime(view: DataView, offset: number, time: EpochMs): void {
  const micros = (time - POSTGRES_EPOCH_MS) * 1000;
  if (Number.isSafeInteger(micros)) {
    view.setInt32(offset, Math.floor(micros / 2 ** 32));
    view.setUint32(offset + 4, micros >>> 0);
  } else {
    view.setBigInt64(offset, BigInt(time - POSTGRES_EPOCH_MS) * 1000n);
  }
}
