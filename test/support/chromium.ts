import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where a Chromium is, by CHROMIUM_PATH or in its usual places; says aloud when there is none. */
export function chromiumPath(): string | undefined {
  const path = [process.env["CHROMIUM_PATH"] ?? "", ...PLACES].find((place) => place !== "" && existsSync(place));
  if (path === undefined) {
    process.stdout.write("SKIPPED: tests in a browser need Chromium (apt-get install chromium), or CHROMIUM_PATH\n");
  }
  return path;
}

/** Real Chromium without a window. */
export async function openChromium(executablePath: string): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  // Root, as in containers, has no sandbox.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}
