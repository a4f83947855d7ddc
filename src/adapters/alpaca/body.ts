import { SourceUnavailableError } from "../../errors.ts";

/** The service's id of the request that `response` answers; `undefined` where it gave none. */
export function requestIdOf({ headers }: Response): string | undefined {
  return headers.get("x-request-id") ?? undefined;
}

/**
 * The text of `response`, of which `what` (`the answer`) speaks. Rejects with {@link SourceUnavailableError} where it
 * breaks off, and with the reason of `signal` when that aborts.
 */
export async function bodyOf(response: Response, what: string, signal?: AbortSignal): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    signal?.throwIfAborted();
    const { status } = response;
    throw new SourceUnavailableError(`${what} broke off`, { status, requestId: requestIdOf(response), cause });
  }
}
