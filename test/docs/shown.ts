/** The blocks of one language in a page, without their fences, in order. */
export function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, text = ""]) => text);
}

/** One line that is typed in a block of `console`, without its `$`, and what the page shows of the answer. */
export interface Shown {
  readonly typed: string;
  readonly answer: string;
}

export function shownIn(block: string): Shown[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [typed = "", ...answer] = part.split("\n");
      return { typed, answer: answer.join("\n").trimEnd() };
    });
}

/** `…` is anything, a line of its own with nothing but `…` any number of lines. */
export function patternOf(answer: string): RegExp {
  const lines = answer.split("\n").map((line) => {
    if (line === "…") return "[\\s\\S]*?";
    return line.split("…").map(escaped).join(".*");
  });
  return new RegExp(`^${lines.join("\n").replaceAll("[\\s\\S]*?\n", "[\\s\\S]*?")}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
