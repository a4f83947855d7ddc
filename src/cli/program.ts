import { Command as CommanderCommand, CommanderError } from "commander";
import { version } from "../../package.json";
import type { Clock } from "../contracts/clock.ts";
import { systemClock } from "../system-clock.ts";
import { errorShape, exitCodeOf } from "./command-error.ts";
import { COMMANDS, type CommandDefinition } from "./commands.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { COMMON } from "./flags.ts";
import { readEnvironment } from "./settings/environment.ts";
import { type Flags, readSettings } from "./settings/settings.ts";
import { type Terminal, terminalOn } from "./terminal.ts";

type Process = Pick<NodeJS.Process, "stdout" | "stderr" | "env" | "cwd">;

const EXIT_CODES = `
Exit codes:
  0   complete, or done
  1   failed: what is wrong is printed
  2   incomplete: something is missing, was refused, or was stopped half way
  64  what was typed cannot work

Keys come from APCA_API_KEY_ID and APCA_API_SECRET_KEY, the database from DATABASE_URL: from the environment or a file
(--env), never from a flag. Each command has a --help of its own; every setting, the config file and the shapes of the JSON:
node_modules/barfill/docs/cli.md`;

/** Runs one command line to its end; resolves with the code to exit with, and never rejects. */
export async function runCommandLine(
  words: readonly string[],
  process: Process,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  // Known before anything is parsed, so that a line that cannot be parsed is answered in JSON too.
  const end = words.indexOf("--");
  const terminal = terminalOn(process, words.slice(0, end === -1 ? undefined : end).includes("--json"));
  let exit: ExitCode = EXIT.complete;
  const program = programOf(terminal, async (definition, flags, operands) => {
    exit = await run({ definition, flags, operands }, { terminal, clock, process });
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) return failed(error, terminal);
    // Help and the version were asked for; help that was not is the answer to a bad line.
    if (error.exitCode === 0) return EXIT.complete;
    if (terminal.json) terminal.answer({ error: { code: "USAGE", message: error.message.replace(/^error: /, "") } });
    return EXIT.usage;
  }
}

type Act = (definition: CommandDefinition, flags: Flags, operands: readonly string[]) => Promise<void>;

/** The command line as commander knows it. */
function programOf(terminal: Terminal, act: Act): CommanderCommand {
  const program = new CommanderCommand("barfill")
    .description(
      "Fill a database with historical market bars: at the limit of the rate, and with proof of what is held.",
    )
    .version(version)
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void (terminal.json || terminal.err.write(text)),
      // As all that goes wrong is said.
      outputError: (text, write) => write(text.replace(/^error: /, "barfill: ")),
    });
  tellMore(program, "barfill");
  // As in `barfill --json status`: what every command takes may stand before its name too.
  for (const [flag, description] of COMMON) program.option(flag, description);
  for (const definition of COMMANDS) addCommand(program, "barfill", definition, act);
  return program;
}

/** Names what helps with a line that cannot be parsed. */
function tellMore(command: CommanderCommand, typed: string): void {
  command.showHelpAfterError(`(${typed} --help tells more)`);
}

function addCommand(parent: CommanderCommand, parentTyped: string, definition: CommandDefinition, act: Act): void {
  const typed = `${parentTyped} ${definition.name}`;
  const command = parent.command(definition.name).description(definition.summary);
  tellMore(command, typed);
  for (const [flag, description] of definition.flags ?? []) command.option(flag, description);
  for (const [operand, description] of definition.operands ?? []) command.argument(operand, description);
  for (const child of definition.commands ?? []) addCommand(command, typed, child, act);
  if (definition.load === undefined) return;
  command.action(async () => {
    await act(
      definition,
      command.optsWithGlobals(),
      command.processedArgs.flat().filter((word) => word !== undefined),
    );
  });
}

interface Typed {
  readonly definition: CommandDefinition;
  readonly flags: Flags;
  readonly operands: readonly string[];
}

interface Surroundings {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly process: Process;
}

async function run(
  { definition, flags, operands }: Typed,
  { terminal, clock, process: { env, cwd } }: Surroundings,
): Promise<ExitCode> {
  try {
    const workingFolder = cwd();
    const envFile = typeof flags["env"] === "string" ? flags["env"] : undefined;
    const environment = await readEnvironment(env, envFile);
    const settings = await readSettings({ flags, environment, workingFolder });
    const command = await definition.load?.();
    if (command === undefined) return EXIT.usage;
    return await command({ terminal, settings, environment, flags, operands, workingFolder, clock });
  } catch (error) {
    return failed(error, terminal);
  }
}

function failed(error: unknown, terminal: Terminal): ExitCode {
  const shape = errorShape(error);
  if (terminal.json) terminal.answer({ error: shape });
  else {
    terminal.note(`barfill: ${shape.message}`);
    // The message of an error with a hint of its own has it at its end.
    if (shape.hint !== undefined && !shape.message.includes(shape.hint)) terminal.note(`  ${shape.hint}.`);
  }
  return exitCodeOf(error);
}
