// What readers meet: every entry's exports and their members, documented or not; no `any` among them; the size of the
// source files, and the width of comments everywhere. Fails below the marks, and names what is missing.
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";

const DOCUMENTED_SHARE = 0.98;
const MEDIAN_LINES = 90;
const MOST_LINES = 350;
/** The formatter keeps code to as many, and leaves comments alone. */
const MOST_COLUMNS = 120;

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
const entries = [...new Set(Object.values(options.paths ?? {}).flat())];
const program = ts.createProgram(entries, options);
const checker = program.getTypeChecker();

const seen = new Set<ts.Symbol>();
const undocumented: string[] = [];
const untyped: string[] = [];

for (const entry of entries) {
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${entry} is no module`);
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (!ours(symbol) || seen.has(symbol)) continue;
    visit(symbol, symbol.name);
    visitMembers(symbol);
  }
}

const lines = filesIn("src")
  .filter(({ path }) => !path.endsWith("embedded.ts"))
  .map(({ path, text }) => ({ path, lines: text.length - 1 }))
  .sort((a, b) => a.lines - b.lines);
const median = lines[Math.floor(lines.length / 2)]?.lines ?? 0;
const long = lines.filter((file) => file.lines > MOST_LINES);
const wide = ["src", "test", "bench", "examples", "scripts"].flatMap(filesIn).flatMap(({ path, text }) =>
  text.flatMap((line, i) => {
    const isWide = line.length > MOST_COLUMNS && /^\s*(\/\/|\/?\*)/.test(line);
    return isWide ? [`${path}:${i + 1}`] : [];
  }),
);
const share = 1 - undocumented.length / seen.size;

console.log(`documented: ${(share * 100).toFixed(1)} % of ${seen.size} exports and members`);
console.log(
  `source files: ${lines.length}, median ${median} lines, longest ${lines.at(-1)?.lines} (${lines.at(-1)?.path})`,
);
fail(share < DOCUMENTED_SHARE, `undocumented:\n  ${undocumented.join("\n  ")}`);
fail(untyped.length > 0, `any in a public type: ${untyped.join(", ")}`);
fail(median >= MEDIAN_LINES, `a median of ${MEDIAN_LINES} lines or more`);
fail(long.length > 0, `longer than ${MOST_LINES} lines: ${long.map(({ path }) => path).join(", ")}`);
fail(wide.length > 0, `comments of more than ${MOST_COLUMNS} columns:\n  ${wide.join("\n  ")}`);

function filesIn(folder: string): { readonly path: string; readonly text: readonly string[] }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
    .map((path) => ({ path: `${folder}/${path}`, text: readFileSync(`${folder}/${path}`, "utf8").split("\n") }));
}

/** Those of members that are written as objects too, as what each type of event tells. */
function visitMembers(symbol: ts.Symbol, name = symbol.name): void {
  for (const member of membersOf(symbol)) {
    if (!ours(member) || seen.has(member)) continue;
    visit(member, `${name}.${member.name}`);
    if (isObject(member)) visitMembers(member, `${name}.${member.name}`);
  }
}

function isObject({ declarations: [first] = [] }: ts.Symbol): boolean {
  return first !== undefined && ts.isPropertySignature(first) && first.type?.kind === ts.SyntaxKind.TypeLiteral;
}

function visit(symbol: ts.Symbol, name: string): void {
  seen.add(symbol);
  if (symbol.getDocumentationComment(checker).length === 0) undocumented.push(name);
  for (const declaration of symbol.declarations ?? []) if (saysAny(declaration)) untyped.push(name);
}

/** What a reader can name of it: a type's or class's public members, not those of the language's own types. */
function membersOf(symbol: ts.Symbol): readonly ts.Symbol[] {
  if (isObject(symbol)) return checker.getTypeOfSymbol(symbol).getProperties();
  if (!(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias))) return [];
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const parts = type.isUnion() ? type.types : [type];
  return parts.flatMap((part) =>
    part.getProperties().filter((member) => isPublic(member) && !(type.isUnion() && namesItsPart(member))),
  );
}

function isPublic({ declarations: [first] = [] }: ts.Symbol): boolean {
  return first !== undefined && !(ts.isPropertyDeclaration(first) && ts.isPrivateIdentifier(first.name));
}

/** What tells the parts of a union apart, as `type: "page"` does: the value says what the part is. */
function namesItsPart(member: ts.Symbol): boolean {
  return checker.getTypeOfSymbol(member).isStringLiteral();
}

function ours(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((declaration) => declaration.getSourceFile().fileName.includes("/src/"));
}

/** The signature of a function, not what is inside of it. */
function saysAny(node: ts.Node): boolean {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return true;
  if (ts.isBlock(node)) return false;
  return ts.forEachChild(node, saysAny) ?? false;
}

function fail(condition: boolean, why: string): void {
  if (!condition) return;
  console.error(why);
  process.exitCode = 1;
}
