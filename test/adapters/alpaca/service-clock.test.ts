import { expect, test } from "vitest";
import { alpacaStocks } from "../../../src/adapters/alpaca/index.ts";
import { answering, asking, END, json, KEYS, START, wireBar } from "./answers.ts";

const NOON = Date.UTC(2024, 0, 2, 12);
const BODY = { bars: { A: [wireBar(START), wireBar(NOON), wireBar(NOON + 60_000)] }, next_page_token: null };

/** The page of a request to midnight that the service answers at `date`, which is what our clock should say. */
async function answeredAt(date: string | undefined, withheldTailMs = 60_000) {
  const { fetch } = answering(json(BODY, 200, date === undefined ? {} : { date }));
  const source = alpacaStocks({ ...KEYS, fetch, withheldTailMs });
  const { bars, covered } = await source.fetchPage(asking(["A", "B"]), {});
  return { opens: bars[0]?.bars.map(({ openTime }) => openTime), ends: covered.map(({ interval }) => interval.end) };
}

test("where our clock is ahead, what is not over for the service is neither kept nor covered", async () => {
  // Half of the withheld tail is left to clocks that differ: the bar of 12:00 is over, that of 12:01 is not.
  expect(await answeredAt("Tue, 02 Jan 2024 12:02:29 GMT")).toEqual({
    opens: [START, NOON],
    ends: [NOON + 60_000, NOON + 60_000],
  });
});

test("a tail for what a subscription allows takes no more of what was answered than late trades do", async () => {
  const all = { opens: [START, NOON, NOON + 60_000], ends: [NOON + 120_000, NOON + 120_000] };
  expect(await answeredAt("Tue, 02 Jan 2024 12:02:30 GMT", 16 * 60_000)).toEqual(all);
});

test("nothing is covered of a day that had not begun", async () => {
  expect(await answeredAt("Mon, 01 Jan 2024 12:00:00 GMT")).toEqual({ opens: [], ends: [] });
});

test.each([undefined, "yesterday", "Wed, 03 Jan 2024 00:02:00 GMT"])(
  "all of it is, where the date is %s",
  async (date) => {
    expect(await answeredAt(date)).toEqual({ opens: [START, NOON, NOON + 60_000], ends: [END, END] });
  },
);

test.each([
  ["Tue, 02 Jan 2024 12:02:30 GMT", Date.UTC(2024, 0, 2, 12, 2, 30)],
  ["yesterday", undefined],
])("a page that came with the date %s says %s", async (date, answeredAt) => {
  const { fetch } = answering(json(BODY, 200, { date }));
  expect((await alpacaStocks({ ...KEYS, fetch }).fetchPage(asking(["A"]), {})).answeredAt).toBe(answeredAt);
});

test("the reset of the rate comes with the service's own time, where it says it", async () => {
  const headers = { date: "Tue, 02 Jan 2024 12:00:00 GMT", "x-ratelimit-reset": String(NOON / 1000 + 20) };
  const { fetch } = answering(json(BODY, 200, headers));
  const { budget } = await alpacaStocks({ ...KEYS, fetch }).fetchPage(asking(["A"]), {});
  expect(budget).toEqual({ resetAt: NOON + 20_000, toldAt: NOON });
});
