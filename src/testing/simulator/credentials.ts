/** The key pair that the service lets in. */
export interface Credentials {
  /** What comes in `APCA-API-KEY-ID`. */
  readonly keyId: string;
  /** What comes in `APCA-API-SECRET-KEY`, or as a Bearer token. */
  readonly secretKey: string;
}

/** How the service reads a header; names in lower case. */
export type HeaderReader = (name: string) => string | null | undefined;

/**
 * True when the request may pass: by the two `APCA-API-…` headers, HTTP Basic, or a Bearer token (the secret key).
 * Without `expected`, whatever is not empty passes.
 */
export function isAuthorized(header: HeaderReader, expected: Credentials | undefined): boolean {
  const keyId = header("apca-api-key-id");
  const secretKey = header("apca-api-secret-key");
  if (keyId || secretKey) return isPair(keyId, secretKey, expected);
  const [scheme, value] = (header("authorization") ?? "").split(" ");
  if (!value) return false;
  if (scheme === "Bearer") return expected === undefined || value === expected.secretKey;
  if (scheme !== "Basic") return false;
  const [user, password] = decodeBasic(value);
  return isPair(user, password, expected);
}

function isPair(
  keyId: string | null | undefined,
  secretKey: string | null | undefined,
  expected: Credentials | undefined,
): boolean {
  if (!keyId || !secretKey) return false;
  return expected === undefined || (keyId === expected.keyId && secretKey === expected.secretKey);
}

function decodeBasic(value: string): readonly [string?, string?] {
  try {
    const pair = atob(value);
    const colon = pair.indexOf(":");
    return colon === -1 ? [] : [pair.slice(0, colon), pair.slice(colon + 1)];
  } catch {
    return [];
  }
}
