import { resolve } from "node:path";
import { z } from "zod";
import { isBarfillError, OptionsError } from "../../errors.ts";
import { defined } from "../../model/defined.ts";
import { check } from "../../options/check.ts";
import { type ConfigFile, readConfig } from "./config-file.ts";
import type { Environment } from "./environment.ts";
import { CONFIG, type Config, SCALARS, type Scalars, SETTINGS } from "./schema.ts";

/** Everything that a command goes by, whatever it came from. */
export interface Settings extends Omit<Config, "$schema"> {
  /** Where the config file is; absent when there is none. */
  readonly configPath?: string;
  /** Files that the config names are beside it; those of flags are in the working folder. */
  readonly configFolder: string;
}

export type Flags = Readonly<Record<string, unknown>>;

export interface SettingsInput {
  readonly flags: Flags;
  readonly environment: Environment;
  readonly workingFolder: string;
}

/** Flags over the environment over the config file. @throws {@link OptionsError} that names where each problem is. */
export async function readSettings({ flags, environment, workingFolder }: SettingsInput): Promise<Settings> {
  const named = typeof flags["config"] === "string" ? resolve(workingFolder, flags["config"]) : undefined;
  const file = await readConfig(named, workingFolder);
  const fromFile = file === undefined ? {} : checked(CONFIG, file.content, (path) => `${file.path}: ${path}`);
  const fromEnvironment = checked(SCALARS, scalarsIn(environment, variableOf), (path) => variableOf(path));
  const fromFlags = checked(
    SCALARS,
    scalarsIn(flags, (name) => name),
    flagOf,
    (path) => shownOf(flags, path),
  );
  // A folder of the config is beside the config; those of flags and variables are in the working folder.
  const folder = ownFolder(fromFlags.folder ?? fromEnvironment.folder, workingFolder) ?? folderOf(fromFile, file);
  const { $schema: _, ...config } = fromFile;
  return {
    ...config,
    ...fromEnvironment,
    ...fromFlags,
    ...defined({ folder, configPath: file?.path }),
    configFolder: file?.folder ?? workingFolder,
  };
}

/** `requestsPerMinute` is `BARFILL_REQUESTS_PER_MINUTE`. */
export function variableOf(name: string): string {
  return `BARFILL_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `requestsPerMinute` is `--requests-per-minute`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What is there of the settings, numbers made numbers. */
function scalarsIn(values: Readonly<Record<string, unknown>>, nameOf: (setting: string) => string): object {
  const found: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(SETTINGS)) {
    const value = values[nameOf(name)];
    if (value === undefined || value === "") continue;
    found[name] = takesNumber(schema) && typeof value === "string" ? numberOf(value) : value;
  }
  return found;
}

function takesNumber(schema: z.ZodType): boolean {
  return schema instanceof z.ZodUnion
    ? schema.options.some((one) => takesNumber(one as z.ZodType))
    : schema.type === "number";
}

/** A text that is no number stays what it is: it may be a word that is taken too, or is refused as it came. */
function numberOf(text: string): number | string {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

/** What was typed as a flag: on a command line are no secrets, save in a URL. */
function shownOf(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" && name !== "baseUrl" ? JSON.stringify(value) : undefined;
}

/** What was refused may be a secret in the wrong place, so no text is shown but what `shown` has. */
function checked<S extends z.ZodType>(
  schema: S,
  input: unknown,
  place: (path: string) => string,
  shown: (path: string) => string | undefined = () => undefined,
): z.output<S> {
  try {
    return check(schema, input, { texts: "hide" });
  } catch (error) {
    if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
    throw new OptionsError(
      error.issues.map(({ path, expected, received }) => {
        return { path: place(path), expected, received: shown(path) ?? received };
      }),
    );
  }
}

function ownFolder(folder: string | undefined, beside: string): string | undefined {
  return folder === undefined ? undefined : resolve(beside, folder);
}

function folderOf({ folder }: Scalars, file: ConfigFile | undefined): string | undefined {
  return file === undefined ? undefined : ownFolder(folder, file.folder);
}
