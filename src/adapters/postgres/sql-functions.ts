import type { Session } from "./client.ts";
import type { Argument, Arguments, Functions } from "./functions.ts";
import { quoteSchema } from "./schema.ts";
import { checkShape, listOf } from "./shapes.ts";
import { literal } from "./store/arrays.ts";

/** The functions of `schema`, called by SQL. */
export function sqlFunctions(session: Session, schema: string): Functions {
  const quoted = quoteSchema(schema);
  const call = (name: string, args: Arguments) => {
    const names = Object.keys(args).map((parameter, i) => `${parameter} => $${i + 1}`);
    return `${quoted}.${name}(${names.join(", ")})`;
  };
  return {
    async value(name, args, shape) {
      const params = Object.values(args).map(encode);
      const [row] = await session.query<{ value: unknown }>(`select ${call(name, args)} as value`, params);
      return checkShape(name, row?.value, shape);
    },
    async rows(name, args, shape) {
      const params = Object.values(args).map(encode);
      return checkShape(name, await session.query(`select * from ${call(name, args)}`, params), listOf(shape));
    },
  };
}

/** As every client can send it: arrays as literals, JSON as text. */
function encode(value: Argument): string | number | boolean | null | Uint8Array {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if ("json" in value) return JSON.stringify(value.json);
  return literal(value);
}
