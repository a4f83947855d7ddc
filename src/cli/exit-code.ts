/** What the command ends with. `usage` is EX_USAGE of sysexits.h. */
export const EXIT = { complete: 0, failed: 1, incomplete: 2, usage: 64 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
