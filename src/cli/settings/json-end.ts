const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where `text` stops being JSON: the offset of the first thing that cannot stand there, its length where something is
 * missing at its end; `undefined` when it is JSON. The messages of `JSON.parse` differ from engine to engine, and
 * seldom have a place.
 */
export function endOfJson(text: string): number | undefined {
  let at = 0;
  const eat = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  // Space goes with what it follows, so that `at` is always where something has to stand.
  const token = (pattern: RegExp): boolean => eat(pattern) && eat(SPACE);
  const list = (item: () => boolean, end: RegExp): boolean => {
    if (token(end)) return true;
    do if (!item()) return false;
    while (token(/,/y));
    return token(end);
  };
  const member = (): boolean => token(STRING) && token(/:/y) && value();
  const value = (): boolean => {
    if (token(/\{/y)) return list(member, /\}/y);
    if (token(/\[/y)) return list(value, /\]/y);
    return token(STRING) || token(WORD);
  };
  eat(SPACE);
  return value() && at === text.length ? undefined : at;
}
