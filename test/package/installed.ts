import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The package as a user has it: packed, and installed into an empty project without its optional peers. */
export interface InstalledPackage {
  /** The project's folder. */
  readonly folder: string;
  /** What is to be imported, `barfill` first. */
  readonly entries: readonly string[];
  /** Writes a file of the project. */
  write(name: string, text: string): void;
  /** Runs a command in the project and returns what it printed; throws when it fails. */
  run(command: string, ...args: readonly string[]): string;
  remove(): void;
}

export function installPackage(): InstalledPackage {
  const folder = mkdtempSync(join(tmpdir(), "barfill-package-"));
  const run = (command: string, ...args: readonly string[]) =>
    execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const [packed] = JSON.parse(run("npm", "pack", ROOT, "--json", "--silent")) as { filename: string }[];
  if (packed === undefined) throw new Error("npm pack made no file");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
  run("npm", "install", "--no-audit", "--no-fund", `./${packed.filename}`);
  return {
    folder,
    entries: entriesOf(manifest()),
    write: (name, text) => writeFileSync(join(folder, name), text),
    run,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

export function manifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
}

function entriesOf({ exports }: Manifest): readonly string[] {
  return Object.keys(exports)
    .filter((path) => !path.endsWith(".json"))
    .map((path) => path.replace(/^\./, "barfill"));
}
