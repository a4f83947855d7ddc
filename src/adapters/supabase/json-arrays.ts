import type { Arrays } from "../postgres/store/arrays.ts";
import { timeText } from "../postgres/store/times.ts";

/** Arrays as JSON. It has no number for NaN and the infinities: as text they reach the database as what they are. */
export const jsonArrays: Arrays = {
  ints: (values) => values.map((value) => value ?? null),
  doubles: (values) =>
    values.map((value) => (value === undefined ? null : Number.isFinite(value) ? value : String(value))),
  times: (values) => values.map(timeText),
};
