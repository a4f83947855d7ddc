export { memoryQuarantine } from "./memory-quarantine.ts";
export { type MemoryQueueOptions, memoryQueue } from "./memory-queue.ts";
export { memoryStore } from "./memory-store.ts";
