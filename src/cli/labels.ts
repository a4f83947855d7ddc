import type { Label } from "../model/names.ts";
import { CommandError } from "./command-error.ts";
import { cutWords } from "./text/cut.ts";

/** True for `label` itself and for all that was cut from it: `US_BATCH` means `US_BATCH_2`, but not `US_BATCH_EU`. */
export function isMeantBy(label: Label, other: Label | undefined): boolean {
  if (other === undefined || !other.startsWith(label)) return false;
  return /^(_\d+)?$/.test(other.slice(label.length));
}

/** A list of labels in a hint is no longer than this. */
const MOST = 10;

/**
 * Those of `known` that `label` means, each once, in their order; never empty.
 *
 * @throws {@link CommandError} that lists some of `known` when there is none `where`, as in `in the queue`.
 */
export function labelsMeant(label: Label, known: readonly (Label | undefined)[], where: string): Label[] {
  const labels = [...new Set(known)].filter((one) => one !== undefined);
  const meant = labels.filter((one) => isMeantBy(label, one));
  if (meant.length > 0) return meant;
  const hint = labels.length === 0 ? `There is no label ${where}` : `There are: ${cutWords(labels, MOST)}`;
  throw new CommandError("USAGE", `no ${label} ${where}`, { hint });
}
