import type { Interval } from "../../src/model/interval.ts";

// The simulation's own arithmetic of time: what is checked must not be checked by itself.

/** The instants at which `keep` holds of the layers that they lie in: ascending, disjoint, never touching. */
function sweep(layers: readonly (readonly Interval[])[], keep: (inside: readonly number[]) => boolean): Interval[] {
  const edges = layers.flatMap((layer, i) =>
    layer
      .filter(({ start, end }) => start < end)
      .flatMap(({ start, end }) => [
        { at: start, layer: i, by: 1 },
        { at: end, layer: i, by: -1 },
      ]),
  );
  edges.sort((a, b) => a.at - b.at);
  const depth = layers.map(() => 0);
  const kept: Interval[] = [];
  let start: number | undefined;
  edges.forEach((edge, i) => {
    depth[edge.layer] = (depth[edge.layer] ?? 0) + edge.by;
    if (edges[i + 1]?.at === edge.at) return;
    const isKept = keep(depth);
    if (isKept && start === undefined) start = edge.at;
    if (isKept || start === undefined) return;
    kept.push({ start, end: edge.at });
    start = undefined;
  });
  return kept;
}

export function union(...layers: readonly (readonly Interval[])[]): Interval[] {
  return sweep(layers, (inside) => inside.some((depth) => depth > 0));
}

export function minus(from: readonly Interval[], without: readonly Interval[]): Interval[] {
  return sweep([from, without], ([a = 0, b = 0]) => a > 0 && b === 0);
}

export function both(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  return sweep([a, b], ([inA = 0, inB = 0]) => inA > 0 && inB > 0);
}

export function holds(spans: readonly Interval[], instant: number): boolean {
  return spans.some(({ start, end }) => start <= instant && instant < end);
}

export function sameSpans(a: readonly Interval[], b: readonly Interval[]): boolean {
  return show(union(a)) === show(union(b));
}

export function show(spans: readonly Interval[]): string {
  return spans.map(({ start, end }) => `${iso(start)}/${iso(end)}`).join(" ");
}

function iso(instant: number): string {
  return Number.isFinite(instant) && Math.abs(instant) < 8.64e15 ? new Date(instant).toISOString() : String(instant);
}
