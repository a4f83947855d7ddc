// npx tsx scripts/cli-docs.ts: writes the flags of every command into docs/cli.md, between its markers.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { COMMANDS, type CommandDefinition } from "../src/cli/commands.ts";
import { COMMON, DATABASE, type FlagDefinition, PACE, PAGES, RUNS, SOURCE, WISH } from "../src/cli/flags.ts";

/** Flags that several commands share are described once, under these names. */
const GROUPS: Readonly<Record<string, readonly FlagDefinition[]>> = {
  "which bars": WISH,
  "which runs": RUNS,
  "which database": DATABASE,
  "which source": SOURCE,
  "how fast": [...PACE, ...PAGES],
  "every command": COMMON,
};

export const CLI_DOCS = new URL("../docs/cli.md", import.meta.url);

/** `markdown` with what stands between `<!-- flags NAME -->` and `<!-- end -->` written anew. */
export function withFlags(markdown: string): string {
  return markdown.replace(/<!-- flags (.+?) -->\n[\s\S]*?<!-- end -->/g, (_, name: string) => {
    const flags = GROUPS[name] ?? ownFlags(name);
    const rows = flags.map(
      ([flag, description]) => `| \`${flag.replaceAll("|", "\\|")}\` | ${description.replaceAll("|", "\\|")} |`,
    );
    const table = rows.length === 0 ? "" : ["| | |", "| --- | --- |", ...rows, ""].join("\n");
    const groups = GROUPS[name] === undefined ? groupsOf(name) : "";
    return `<!-- flags ${name} -->\n${[table, groups].filter((part) => part !== "").join("\n")}<!-- end -->`;
  });
}

function commandNamed(name: string): CommandDefinition {
  const [first, second] = name.split(" ");
  const command = COMMANDS.find((one) => one.name === first);
  const found = second === undefined ? command : command?.commands?.find((one) => one.name === second);
  if (found === undefined) throw new Error(`docs/cli.md speaks of a command that does not exist: ${name}`);
  return found;
}

/** What no group has. */
function ownFlags(name: string): readonly FlagDefinition[] {
  const shared = new Set(Object.values(GROUPS).flat());
  const { operands = [], flags = [] } = commandNamed(name);
  return [...operands, ...flags.filter((flag) => !shared.has(flag))];
}

function groupsOf(name: string): string {
  const { flags = [] } = commandNamed(name);
  const names = Object.entries(GROUPS).flatMap(([group, shared]) => {
    const taken = shared.filter((flag) => flags.includes(flag));
    if (taken.length === 0 || group === "every command") return [];
    const some =
      taken.length === shared.length ? "" : ` (${taken.map(([flag]) => `\`${flag.split(" ")[0]}\``).join(", ")})`;
    return [`[${group}](#${group.replaceAll(" ", "-")})${some}`];
  });
  return names.length === 0 ? "" : `Flags: ${names.join(", ")}.\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(CLI_DOCS, withFlags(readFileSync(CLI_DOCS, "utf8")));
}
