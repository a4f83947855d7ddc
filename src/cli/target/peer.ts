import { CommandError } from "../command-error.ts";

/** An optional part of the package, loaded when it is needed. */
export async function peer<T>(name: string, load: () => Promise<T>, wantedFor: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw cause;
    throw new CommandError("PEER_MISSING", `${name} is not installed, and ${wantedFor}`, {
      hint: `npm install ${name}`,
      cause,
    });
  }
}
