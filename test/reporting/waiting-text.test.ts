import { expect, test } from "vitest";
import { waitingText } from "../../src/reporting/waiting-text.ts";

const until = Date.UTC(2024, 0, 2, 3, 11, 30);

test.each([
  [{ queued: 0, running: 1, workers: ["w-123"], until }, "1 run is leased by w-123 until 03:11:30Z"],
  [
    { queued: 1, running: 5, workers: ["a", "b"], until },
    "5 runs are leased by a, b, the first until 03:11:30Z and 1 run waits for its next try",
  ],
  [{ queued: 0, running: 9, workers: ["a", "b", "c", "d"] }, "9 runs are leased by 4 workers"],
  [{ queued: 2, running: 0, workers: [] }, "2 runs wait for their next try"],
])("%j reads well", (news, text) => {
  expect(waitingText(news)).toBe(text);
});
