#!/usr/bin/env node
import { runCommandLine } from "./program.ts";

// A reader that has seen enough (`barfill status | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2), process);
