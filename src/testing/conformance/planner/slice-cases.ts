import assert from "node:assert/strict";
import { isEmpty } from "../../../model/interval.ts";
import { makeSlice } from "../../../model/slice.ts";
import type { ConformanceCase, PlannerContext } from "../conformance-case.ts";
import { scenes, slicesOf } from "./fixtures.ts";

/** What each slice is like. */
export const sliceCases: readonly ConformanceCase<PlannerContext>[] = [
  {
    id: "P06",
    title: "no slice names more symbols than one request may, and no more bytes of them, but for one symbol alone",
    async run(context) {
      for (const { name, input, slice } of slicesOf(context)) {
        const { symbolsPerRequest, symbolBytes } = input.limits;
        const { length } = slice.symbols;
        assert.ok(length <= symbolsPerRequest, `${name}: ${length} symbols of ${symbolsPerRequest}`);
        const bytes = encodeURIComponent(slice.symbols.join()).length;
        assert.ok(bytes <= symbolBytes || length === 1, `${name}: ${bytes} bytes of ${symbolBytes}`);
      }
    },
  },
  {
    id: "P07",
    title: "symbols ascend by code unit, none twice, and one at least",
    async run(context) {
      for (const { name, slice } of slicesOf(context)) {
        assert.ok(slice.symbols.length > 0, `${name}: a slice without symbols`);
        assert.deepEqual(slice.symbols, [...new Set(slice.symbols)].sort(), name);
      }
    },
  },
  {
    id: "P08",
    title: "intervals are never empty, and begin and end at whole milliseconds",
    async run(context) {
      for (const { name, slice } of slicesOf(context)) {
        const { start, end } = slice.interval;
        assert.ok(Number.isSafeInteger(start) && Number.isSafeInteger(end), `${name}: ${start} to ${end}`);
        assert.ok(!isEmpty(slice.interval), `${name}: an empty slice at ${start}`);
      }
    },
  },
  {
    id: "P09",
    title: "the label, where there is one, and the priority are those that were asked for",
    async run(context) {
      for (const more of [{ priority: 3, label: "US_BATCH_1" }, { priority: -1.5 }]) {
        for (const { slice } of slicesOf(context, more)) {
          const { label, priority } = slice;
          assert.deepEqual({ label, priority }, { label: undefined, ...more });
        }
      }
    },
  },
  {
    id: "P10",
    title: "no slice asks again for what is covered",
    async run(context) {
      for (const { slice } of slicesOf(context)) assert.equal(slice.again, undefined);
    },
  },
  {
    id: "P11",
    title: "ids are those that makeSlice gives, so that the same work has the same id in any process",
    async run(context) {
      for (const { slice } of slicesOf(context)) assert.equal(slice.id, makeSlice(slice).id);
    },
  },
  {
    id: "P12",
    title: "estimates are whole numbers, of a page at least",
    async run(context) {
      for (const { name, slice } of slicesOf(context)) {
        const { bars, pages } = slice.estimate;
        assert.ok(Number.isSafeInteger(bars) && bars >= 0, `${name}: ${bars} bars`);
        assert.ok(Number.isSafeInteger(pages) && pages >= 1, `${name}: ${pages} pages`);
      }
    },
  },
  {
    id: "P13",
    title: "equal inputs make equal slices in the same order, and are left as they are",
    async run(context) {
      for (const { name, input } of scenes(context)) {
        const { gaps, limits, cost } = structuredClone({ gaps: input.gaps, limits: input.limits, cost: input.cost });
        const slices = context.planner(input);
        assert.deepEqual(input.gaps, gaps, name);
        assert.deepEqual([input.limits, input.cost], [limits, cost], name);
        assert.deepEqual(context.planner({ ...input, gaps, limits, cost }), slices, name);
      }
    },
  },
];
