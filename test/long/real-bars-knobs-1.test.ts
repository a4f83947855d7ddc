import { describeKnobs } from "./real-bars-knobs.ts";

describeKnobs(0, 2);
