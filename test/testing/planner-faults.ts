import { makeSlice, type Slice } from "../../src/model/slice.ts";
import type { PlanInput, Planner } from "../../src/planners/planner.ts";
import type { Fault } from "./fault.ts";

type Parts = Omit<Slice, "id">;

/** Each slice made another, with the id that it has then. */
const cutting =
  (change: (parts: Parts, input: PlanInput) => Parts | readonly Parts[]) =>
  (planner: Planner): Planner =>
  (input) =>
    planner(input).flatMap((slice) => [change(slice, input)].flat().map(makeSlice));

const spanOf = ({ interval }: Parts) => interval.end - interval.start;

export const plannerFaults: readonly Fault<Planner>[] = [
  {
    name: "a slice for nothing",
    breaks: ["P01"],
    plant: (planner) => (input) => {
      const parts = { ...SLICE, priority: input.priority };
      return input.gaps.length > 0 ? planner(input) : [makeSlice(parts)];
    },
  },
  {
    name: "a last slice that is forgotten",
    breaks: ["P02", "P05"],
    plant: (planner) => (input) => planner(input).slice(0, -1),
  },
  {
    name: "an end that is taken for closed",
    breaks: ["P02", "P05"],
    plant: cutting((parts) => ({
      ...parts,
      interval: { ...parts.interval, end: parts.interval.end - (spanOf(parts) > 1 ? 1 : 0) },
    })),
  },
  {
    name: "slices that overlap by a minute",
    breaks: ["P03", "P05"],
    plant: cutting((parts) => {
      const { start, end } = parts.interval;
      const middle = start + Math.floor((end - start) / 2);
      if (end - middle <= 60_000) return parts;
      return [
        { ...parts, interval: { start, end: middle + 60_000 } },
        { ...parts, interval: { start: middle, end } },
      ];
    }),
  },
  {
    name: "whole days in place of what is missing of them",
    breaks: ["P04", "P05"],
    plant: cutting((parts) => {
      const day = 86_400_000;
      const start = Math.floor(parts.interval.start / day) * day;
      return { ...parts, interval: { start, end: Math.ceil(parts.interval.end / day) * day } };
    }),
  },
  {
    name: "busy days that are left out once they are known to be busy",
    breaks: ["P05"],
    plant: (planner) => (input) => planner(input).filter(() => (input.cost.observed["1Min"]?.bars ?? 0) < 100_000),
  },
  {
    name: "all symbols at once",
    breaks: ["P06"],
    plant: (planner) => (input) => planner({ ...input, limits: { ...input.limits, symbolsPerRequest: 1_000_000 } }),
  },
  {
    name: "names of any length",
    breaks: ["P06"],
    plant: (planner) => (input) => planner({ ...input, limits: { ...input.limits, symbolBytes: 1_000_000 } }),
  },
  {
    name: "symbols in the order in which they came",
    breaks: ["P07"],
    plant: cutting((parts) => ({ ...parts, symbols: parts.symbols.toReversed() })),
  },
  {
    name: "a slice without symbols",
    breaks: ["P07"],
    plant: (planner) => (input) => {
      const slices = planner(input);
      const [first] = slices;
      return first === undefined ? slices : [makeSlice({ ...first, symbols: [] }), ...slices];
    },
  },
  {
    name: "an empty slice at the end",
    breaks: ["P08"],
    plant: (planner) => (input) => {
      const slices = planner(input);
      const last = slices.at(-1);
      if (last === undefined) return slices;
      const { end } = last.interval;
      return [...slices, makeSlice({ ...last, interval: { start: end, end } })];
    },
  },
  {
    name: "halves that are cut at half a millisecond",
    breaks: ["P08"],
    plant: cutting((parts) => {
      const { start, end } = parts.interval;
      const middle = (start + end) / 2;
      return [
        { ...parts, interval: { start, end: middle } },
        { ...parts, interval: { start: middle, end } },
      ];
    }),
  },
  { name: "a priority of its own", breaks: ["P09"], plant: cutting((parts) => ({ ...parts, priority: 1 })) },
  {
    name: "no label",
    breaks: ["P09"],
    plant: cutting(({ label: _, ...parts }) => parts),
  },
  { name: "what is covered too", breaks: ["P10"], plant: cutting((parts) => ({ ...parts, again: 1 })) },
  {
    name: "ids that count up",
    breaks: ["P11", "P13"],
    plant(planner) {
      let count = 0;
      return (input) => planner(input).map((slice) => ({ ...slice, id: `slice-${count++}` }));
    },
  },
  {
    name: "ids of another label",
    breaks: ["P11"],
    plant: (planner) => (input) =>
      planner(input).map((slice) => ({ ...slice, id: makeSlice({ ...slice, label: "X" }).id })),
  },
  {
    name: "half a page",
    breaks: ["P12"],
    plant: cutting((parts) => ({ ...parts, estimate: { ...parts.estimate, pages: parts.estimate.pages - 0.5 } })),
  },
  {
    name: "no number of bars",
    breaks: ["P12"],
    plant: cutting((parts) => ({ ...parts, estimate: { ...parts.estimate, bars: Number.NaN } })),
  },
  {
    name: "another order each time",
    breaks: ["P13"],
    plant(planner) {
      let turned = false;
      return (input) => {
        turned = !turned;
        const slices = planner(input);
        return turned ? slices : slices.toReversed();
      };
    },
  },
  {
    name: "gaps that are sorted in place",
    breaks: ["P13"],
    plant: (planner) => (input) => {
      (input.gaps as PlanInput["gaps"][number][]).sort((a, b) => (a.series.symbol < b.series.symbol ? -1 : 1));
      return planner(input);
    },
  },
];

const SLICE: Parts = {
  ...{ provider: "test", symbols: ["SPY"], timeframe: "1Min", feed: "sip", adjustment: "raw" },
  ...{ interval: { start: 0, end: 60_000 }, priority: 0, estimate: { bars: 0, pages: 1 } },
};
