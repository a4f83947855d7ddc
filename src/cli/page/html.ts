/** Text that is HTML already; everything else is escaped. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | undefined | false | readonly Part[];

/**
 * A template whose values are escaped, unless they are HTML themselves. Lists are joined; `undefined` and `false` are
 * nothing.
 */
export function html(texts: TemplateStringsArray, ...values: readonly Part[]): Html {
  return { html: texts.map((text, i) => text + (i < values.length ? show(values[i]) : "")).join("") };
}

/** What was written by this package and by nobody else: styles and scripts. */
export function trusted(text: string): Html {
  return { html: text };
}

function show(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return "html" in part ? part.html : part.map(show).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and for quoted attributes. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** JSON that may stand in a script element: nothing in it ends the element or opens a comment. */
export function scriptJson(value: unknown): Html {
  return { html: JSON.stringify(value).replaceAll("<", "\\u003c") };
}
