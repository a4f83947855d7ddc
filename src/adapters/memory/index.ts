/**
 * Store, queue and quarantine in this process's memory: for tests, first steps and small jobs.
 *
 * @module barfill/memory
 */

export { memoryQuarantine } from "./memory-quarantine.ts";
export { type MemoryQueueOptions, memoryQueue } from "./memory-queue.ts";
export { memoryStore } from "./memory-store.ts";
