import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CommandError } from "../command-error.ts";
import { endOfJson } from "./json-end.ts";

const CONFIG_NAME = "barfill.config.json";

export interface ConfigFile {
  readonly path: string;
  readonly folder: string;
  readonly content: unknown;
}

/** The file `named`, else the first one from `workingFolder` upward; `undefined` when there is none. */
export async function readConfig(named: string | undefined, workingFolder: string): Promise<ConfigFile | undefined> {
  if (named !== undefined) {
    const text = await textOf(named);
    if (text !== undefined) return parse(named, text);
    throw new CommandError("USAGE", `no config file ${named}`, { hint: "Check the path that --config names" });
  }
  for (let folder = workingFolder; ; folder = dirname(folder)) {
    const path = join(folder, CONFIG_NAME);
    const text = await textOf(path);
    if (text !== undefined) return parse(path, text);
    if (dirname(folder) === folder) return undefined;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return withoutMark(await readFile(path, "utf8"));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) return;
    throw new CommandError("USAGE", `cannot read ${path}`, { hint: "Check that the file may be read", cause });
  }
}

/** Some editors begin a file in UTF-8 with a byte order mark. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}

function parse(path: string, text: string): ConfigFile {
  try {
    return { path, folder: dirname(path), content: JSON.parse(text) };
  } catch (cause) {
    // The parser's own words quote the text, which may hold a secret.
    throw new CommandError("USAGE", `${path} is not JSON${placeIn(text)}`, {
      hint: "JSON has neither comments nor trailing commas",
      cause,
    });
  }
}

/** `, at line 3, column 7`. */
function placeIn(text: string): string {
  const lines = text.slice(0, endOfJson(text)).split("\n");
  return `, at line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
}
