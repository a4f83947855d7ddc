// Properties draw anew each time, so that every day looks elsewhere. Where a run has to say the same twice, as for a
// change that is about to land, BARFILL_PROPERTY_SEED fixes what they draw.
const seed = process.env["BARFILL_PROPERTY_SEED"];
if (seed !== undefined) (await import("fast-check")).default.configureGlobal({ seed: Number(seed) });

export {};
