import { describeKnobs } from "./real-bars-knobs.ts";

describeKnobs(1, 2);
