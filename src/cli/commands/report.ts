import type { Command } from "../invocation.ts";
export const report: Command = async () => 0;
