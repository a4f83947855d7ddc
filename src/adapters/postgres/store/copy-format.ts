import { blocksOf, type Rows } from "./rows.ts";
import { writeTime } from "./times.ts";

/** PostgreSQL, COPY, binary format: signature, flags, length of the header's extension. */
const HEADER = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const TRAILER = Uint8Array.of(0xff, 0xff);
const FIELDS = 9;
/** 100 KB: the server inserts one chunk while the next is made. */
const CHUNK_ROWS = 1000;
/** The count of fields, nine lengths, two ints, a time and six doubles. */
const MOST_ROW_BYTES = 2 + FIELDS * 4 + 2 * 4 + 8 + 6 * 8;

/** `rows` as the body of a binary COPY, in chunks. */
export function* copyFormat(rows: Rows): Generator<Uint8Array<ArrayBuffer>> {
  yield HEADER;
  for (const block of blocksOf(rows, CHUNK_ROWS)) yield encode(block);
  yield TRAILER;
}

function encode({ seriesIds, bars }: Rows): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bars.length * MOST_ROW_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let i = 0; i < bars.length; i++) {
    const bar = bars[i] as (typeof bars)[number];
    view.setInt16(at, FIELDS);
    view.setInt32(at + 2, 4);
    view.setInt32(at + 6, seriesIds[i] as number);
    view.setInt32(at + 10, 8);
    writeTime(view, at + 14, bar.openTime);
    at = double(view, at + 22, bar.open);
    at = double(view, at, bar.high);
    at = double(view, at, bar.low);
    at = double(view, at, bar.close);
    at = double(view, at, bar.volume);
    at = bar.vwap === undefined ? absent(view, at) : double(view, at, bar.vwap);
    at = bar.tradeCount === undefined ? absent(view, at) : int(view, at, bar.tradeCount);
  }
  return bytes.subarray(0, at);
}

function double(view: DataView, at: number, value: number): number {
  view.setInt32(at, 8);
  view.setFloat64(at + 4, value);
  return at + 12;
}

function int(view: DataView, at: number, value: number): number {
  view.setInt32(at, 4);
  view.setInt32(at + 4, value);
  return at + 8;
}

function absent(view: DataView, at: number): number {
  view.setInt32(at, -1);
  return at + 4;
}
