import type { Shape } from "./shapes.ts";

/** JSON, told from an array of the database's. */
export interface Json {
  readonly json: unknown;
}

/** What a function takes; bytes are an array in the binary format of the server. */
export type Argument = string | number | boolean | null | Uint8Array | Json | readonly (string | number | null)[];

/** What a function takes, by the names of its parameters. */
export type Arguments = Readonly<Record<string, Argument>>;

/**
 * The functions of `migrations/`, called by name. Rejects with {@link StoreError}, and loudly so when the answer is of
 * another shape than it should be.
 */
export interface Functions {
  /** The one value that `name` returns. */
  value<T>(name: string, args: Arguments, shape: Shape<T>): Promise<T>;
  /** The rows that `name` returns, in its order. */
  rows<Row>(name: string, args: Arguments, shape: Shape<Row>): Promise<readonly Row[]>;
  /** Where an answer must not grow without bound: the most rows to ask for at once. */
  readonly mostRows?: number;
}
