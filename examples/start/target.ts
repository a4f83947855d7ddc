import type { AlpacaStocksOptions } from "barfill/alpaca";
import { type SimulatorProcess, startSimulator } from "../support/simulator-process.ts";

/** Who is asked. */
export interface Target {
  readonly name: string;
  /** Where its bars go: made-up ones must never be taken for real ones. */
  readonly folder: string;
  readonly source: AlpacaStocksOptions;
  readonly requestsPerMinute: number;
  /** Absent where the real service is asked: it does not tell. */
  readonly simulator?: SimulatorProcess;
  close(): Promise<void>;
}

/** Alpaca with keys in `env`, else a local Alpaca over a made-up market. */
export async function openTarget(env: NodeJS.ProcessEnv): Promise<Target> {
  const { APCA_API_KEY_ID: keyId, APCA_API_SECRET_KEY: secretKey, APCA_REQUESTS_PER_MINUTE: rate } = env;
  if (keyId && secretKey) {
    const requestsPerMinute = rate === undefined ? 200 : Number(rate);
    const source = { keyId, secretKey };
    return { name: "Alpaca", folder: ".barfill/alpaca", source, requestsPerMinute, close: async () => {} };
  }
  const requestsPerMinute = 10_000;
  const simulator = await startSimulator(requestsPerMinute);
  return {
    name: "a local Alpaca (made-up bars; set APCA_API_KEY_ID and APCA_API_SECRET_KEY to ask the real one)",
    folder: ".barfill/made-up",
    source: { keyId: "key", secretKey: "secret", baseUrl: simulator.url },
    requestsPerMinute,
    simulator,
    close: () => simulator.close(),
  };
}
