import { alpacaCrypto, alpacaStocks } from "../adapters/alpaca/index.ts";
import type { BarSource } from "../contracts/bar-source.ts";
import { defined } from "../model/defined.ts";
import type { RunError } from "../model/error-code.ts";
import { CommandError } from "./command-error.ts";
import type { Environment } from "./settings/environment.ts";
import type { Settings } from "./settings/settings.ts";

export interface SourceInput {
  readonly settings: Settings;
  readonly environment: Environment;
}

type Fetch = typeof fetch;

/** The source that is asked. @throws {@link CommandError} where it needs keys and there are none. */
export function openSource(input: SourceInput, fetch?: Fetch): BarSource {
  const keys = keysIn(input);
  if (keys === undefined && isStocks(input)) {
    const missing = KEYS.filter((name) => !input.environment[name]);
    const found = missing.length === KEYS.length ? "no keys for Alpaca" : `${missing[0]} is missing, a key for Alpaca`;
    throw new CommandError("USAGE", found, {
      hint: "Set APCA_API_KEY_ID and APCA_API_SECRET_KEY in the environment, or name a file with them by --env; to try it without any, start barfill simulate and pass its URL to --base-url",
    });
  }
  return sourceOf(input, keys, fetch);
}

/** The source as far as its limits go: for commands that never ask it. */
export function describeSource(input: SourceInput): BarSource {
  return sourceOf(input, keysIn(input));
}

export function isStocks({ settings }: SourceInput): boolean {
  return (settings.source ?? "alpaca-stocks") === "alpaca-stocks";
}

const KEYS = ["APCA_API_KEY_ID", "APCA_API_SECRET_KEY"] as const;

interface Keys {
  readonly keyId: string;
  readonly secretKey: string;
}

function keysIn({ settings, environment }: SourceInput): Keys | undefined {
  const { APCA_API_KEY_ID: keyId, APCA_API_SECRET_KEY: secretKey } = environment;
  if (keyId && secretKey) return { keyId, secretKey };
  // The simulator takes any keys.
  if (isLocal(settings.baseUrl)) return { keyId: "simulator", secretKey: "simulator" };
  return undefined;
}

/** What to do about a source that does not answer; `undefined` where nobody can tell. */
export function silenceHint({ baseUrl }: Settings, { code }: RunError): string | undefined {
  if (code !== "SOURCE_UNAVAILABLE" || baseUrl === undefined || !isLocal(baseUrl)) return undefined;
  // Without a user and a password, which may stand in it.
  return `Is barfill simulate running at ${new URL(baseUrl).origin}?`;
}

export function isLocal(baseUrl: string | undefined): boolean {
  return baseUrl !== undefined && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(baseUrl).hostname);
}

function sourceOf({ settings }: SourceInput, keys: Keys | undefined, fetch?: Fetch): BarSource {
  const { source, feed, baseUrl, withheldTailMs } = settings;
  const shared = defined({ baseUrl, withheldTailMs, fetch });
  // Which feeds go with which source the adapters check, and say.
  if (source === "alpaca-crypto") {
    return alpacaCrypto({ ...shared, ...keys, ...defined({ location: feed as "us" | undefined }) });
  }
  const { keyId, secretKey } = keys ?? { keyId: "none", secretKey: "none" };
  return alpacaStocks({ ...shared, keyId, secretKey, ...defined({ feed: feed as "sip" | undefined }) });
}
