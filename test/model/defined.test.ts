import { expect, it } from "vitest";
import { defined } from "../../src/model/defined.ts";

it("leaves out what is undefined, and nothing else", () => {
  const fields: { a?: number | undefined; b: string | undefined; c: null; d: 0 } = { b: undefined, c: null, d: 0 };
  expect(Object.keys(defined(fields))).toEqual(["c", "d"]);
  expect(defined({ ...fields, a: 1, b: "" })).toStrictEqual({ a: 1, b: "", c: null, d: 0 });
});

it("tells the compiler so", () => {
  const some: string | undefined = ["x"].at(1);
  const options: { readonly label?: string } = defined({ label: some });
  // @ts-expect-error a field that is there without a value
  const wrong: { readonly label?: string } = { label: some };
  expect([options, wrong]).toEqual([{}, {}]);
});
