/** A token that no claim had before: 128 bits of the chance that was passed in, behind `name`. */
export function claimToken(name: string, random: () => number): string {
  const word = () => Math.floor(random() * 2 ** 32);
  const bits = Array.from({ length: 4 }, () => word().toString(16).padStart(8, "0")).join("");
  return `${name}/${bits}`;
}
