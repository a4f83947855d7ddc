import { memoryQueue } from "../../src/adapters/memory/index.ts";
import type { Lease, RunFailure, SliceQueue } from "../../src/contracts/slice-queue.ts";
import { isBarfillError, LeaseLostError, StoreError } from "../../src/errors.ts";
import type { Slice } from "../../src/model/slice.ts";
import type { Fault } from "./fault.ts";

type Fenced = "renew" | "complete" | "retry" | "fail";

/** `name` goes by the slice alone: whoever calls it acts under the lease that is current. */
function unfenced(queue: SliceQueue, name: Fenced): SliceQueue {
  const current = new Map<string, Lease>();
  const under = (lease: Lease) => current.get(lease.slice.id) ?? lease;
  const faulty: Pick<SliceQueue, Fenced> = {
    renew: (lease, progress, ttlMs) => queue.renew(under(lease), progress, ttlMs),
    complete: (lease, result) => queue.complete(under(lease), result),
    retry: (lease, options) => queue.retry(under(lease), options),
    fail: (lease, ...rest) => queue.fail(under(lease), ...rest),
  };
  return {
    ...queue,
    async lease(options) {
      const leases = await queue.lease(options);
      for (const lease of leases) current.set(lease.slice.id, lease);
      return leases;
    },
    [name]: faulty[name],
  };
}

/** A call under a lost lease is no error, and does nothing, where `forgives` says so. */
function forgiving(queue: SliceQueue, forgives: (lease: Lease) => boolean): Pick<SliceQueue, Fenced> {
  const forgive = async <T>(lease: Lease, call: Promise<T>, instead: T): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (isBarfillError(error, "LEASE_LOST") && forgives(lease)) return instead;
      throw error;
    }
  };
  return {
    renew: (lease, progress, ttlMs) => forgive(lease, queue.renew(lease, progress, ttlMs), lease),
    complete: (lease, result) => forgive(lease, queue.complete(lease, result), undefined),
    retry: (lease, options) => forgive(lease, queue.retry(lease, options), undefined),
    fail: (lease, ...rest) => forgive(lease, queue.fail(lease, ...rest), undefined),
  };
}

/** The slices go in as `change` makes them and come out as they were. */
function disguised(queue: SliceQueue, change: (slice: Slice) => Slice): SliceQueue {
  const originals = new Map<string, Slice>();
  return {
    ...queue,
    enqueue(slices, options) {
      for (const slice of slices) originals.set(slice.id, slice);
      return queue.enqueue(slices.map(change), options);
    },
    async lease(options) {
      const leases = await queue.lease(options);
      return leases.map((lease) => ({ ...lease, slice: originals.get(lease.slice.id) ?? lease.slice }));
    },
  };
}

export const queueFaults: readonly Fault<SliceQueue>[] = [
  { name: "renew is not fenced", breaks: ["Q27", "Q34"], plant: (queue) => unfenced(queue, "renew") },
  { name: "complete is not fenced", breaks: ["Q43", "Q28", "Q34"], plant: (queue) => unfenced(queue, "complete") },
  { name: "retry is not fenced", breaks: ["Q29", "Q34"], plant: (queue) => unfenced(queue, "retry") },
  { name: "fail is not fenced", breaks: ["Q30", "Q34"], plant: (queue) => unfenced(queue, "fail") },
  {
    name: "cancel does not fence",
    breaks: ["Q31", "Q34", "Q40"],
    plant(queue) {
      const given: Lease[] = [];
      const forgiven = new Set<Lease>();
      return {
        ...queue,
        ...forgiving(queue, (lease) => forgiven.has(lease)),
        async lease(options) {
          const leases = await queue.lease(options);
          given.push(...leases);
          return leases;
        },
        async cancel(filter) {
          const count = await queue.cancel(filter);
          if (count > 0) for (const lease of given) forgiven.add(lease);
          return count;
        },
      };
    },
  },
  {
    name: "a second complete is waved through",
    breaks: ["Q43", "Q32"],
    plant(queue) {
      const completed = new Set<string>();
      const { complete } = forgiving(queue, ({ token }) => completed.has(token));
      return {
        ...queue,
        async complete(lease, result) {
          await complete(lease, result);
          completed.add(lease.token);
        },
      };
    },
  },
  {
    name: "a slice that the queue never saw is no error",
    breaks: ["Q35"],
    plant(queue) {
      const known = new Set<string>();
      return {
        ...queue,
        ...forgiving(queue, ({ slice }) => !known.has(slice.id)),
        enqueue(slices, options) {
          for (const { id } of slices) known.add(id);
          return queue.enqueue(slices, options);
        },
      };
    },
  },
  {
    name: "the same token leases more",
    breaks: ["Q06", "Q43", "Q24", "Q25", "Q53", "Q55", "Q45", "Q38"],
    plant(queue) {
      let claims = 0;
      const inner = (lease: Lease): Lease => ({ ...lease, token: tokens.get(lease) ?? lease.token });
      const tokens = new WeakMap<Lease, string>();
      const outer = (lease: Lease, token: string): Lease => {
        const shown = { ...lease, token };
        tokens.set(shown, lease.token);
        return shown;
      };
      return {
        ...queue,
        async lease(options) {
          const leases = await queue.lease({ ...options, token: `${options.token} ${claims++}` });
          return leases.map((lease) => outer(lease, options.token));
        },
        renew: async (lease, progress, ttlMs) => outer(await queue.renew(inner(lease), progress, ttlMs), lease.token),
        complete: (lease, result) => queue.complete(inner(lease), result),
        retry: (lease, options) => queue.retry(inner(lease), options),
        fail: (lease, ...rest) => queue.fail(inner(lease), ...rest),
      };
    },
  },
  {
    name: "expired leases never come back",
    breaks: [
      "Q08",
      "Q15",
      "Q18",
      "Q43",
      "Q21",
      "Q25",
      "Q53",
      "Q54",
      "Q55",
      "Q45",
      "Q47",
      "Q27",
      "Q28",
      "Q29",
      "Q30",
      "Q36",
      "Q37",
      "Q44",
    ],
    plant: (queue) => ({
      ...queue,
      async lease(options) {
        const leases = await queue.lease({ ...options, ttlMs: 1e12 });
        return leases.map((lease) => ({ ...lease, expiresAt: lease.expiresAt - 1e12 + options.ttlMs }));
      },
      async renew(lease, progress, ttlMs) {
        const renewed = await queue.renew(lease, progress, 1e12);
        return { ...renewed, expiresAt: renewed.expiresAt - 1e12 + ttlMs };
      },
    }),
  },
  {
    name: "renew does not prolong",
    breaks: ["Q22", "Q25", "Q45", "Q47"],
    plant: (queue, clock) => ({
      ...queue,
      renew: (lease, progress) => queue.renew(lease, progress, Math.max(1, lease.expiresAt - clock.now())),
    }),
  },
  {
    name: "an expired lease cannot be renewed, taken or not",
    breaks: ["Q22", "Q23", "Q53"],
    plant: (queue, clock) => ({
      ...queue,
      async renew(lease, progress, ttlMs) {
        if (clock.now() >= lease.expiresAt) throw new LeaseLostError(lease.slice.id);
        return queue.renew(lease, progress, ttlMs);
      },
    }),
  },
  {
    name: "a lease that ran out costs an attempt",
    breaks: ["Q53"],
    plant: (queue) => ({
      ...queue,
      async lease(options) {
        const leases = await queue.lease(options);
        return leases.map((lease) => ({ ...lease, attempt: lease.attempt + lease.expiries }));
      },
    }),
  },
  {
    name: "leases that ran out are not counted",
    breaks: ["Q43", "Q53", "Q54"],
    plant: (queue) => ({
      ...queue,
      lease: async (options) => (await queue.lease(options)).map((lease) => ({ ...lease, expiries: 0 })),
    }),
  },
  {
    name: "a retry forgets the leases that ran out",
    breaks: ["Q54"],
    plant(queue) {
      const forgotten = new Map<string, number>();
      return {
        ...queue,
        async lease(options) {
          const leases = await queue.lease(options);
          return leases.map((lease) => ({
            ...lease,
            expiries: Math.max(0, lease.expiries - (forgotten.get(lease.slice.id) ?? 0)),
          }));
        },
        async retry(lease, options) {
          await queue.retry(lease, options);
          forgotten.set(lease.slice.id, (forgotten.get(lease.slice.id) ?? 0) + lease.expiries);
        },
      };
    },
  },
  {
    name: "leases that ran out are counted for good",
    breaks: ["Q54"],
    plant(queue) {
      const counted = new Map<string, number>();
      return {
        ...queue,
        async lease(options) {
          const leases = await queue.lease(options);
          for (const { slice, expiries } of leases) {
            counted.set(slice.id, Math.max(expiries, counted.get(slice.id) ?? 0));
          }
          return leases.map((lease) => ({ ...lease, expiries: counted.get(lease.slice.id) ?? 0 }));
        },
      };
    },
  },
  {
    name: "a claim does not tell how far the run has come",
    breaks: ["Q55"],
    plant: (queue) => ({
      ...queue,
      async lease(options) {
        const leases = await queue.lease(options);
        return leases.map((lease) => ({ ...lease, before: { percent: 0, bars: 0, requests: 0 } }));
      },
    }),
  },
  {
    name: "a retry does not keep how far the run has come",
    breaks: ["Q55"],
    plant: (queue) => ({
      ...queue,
      retry: (lease, { progress: _, ...options }) => queue.retry(lease, options),
    }),
  },
  {
    name: "a failure does not keep how far the run has come",
    breaks: ["Q55"],
    plant: (queue) => ({ ...queue, fail: (lease, error) => queue.fail(lease, error) }),
  },
  {
    name: "of renewals at the same time one a lease is heard",
    breaks: ["Q52"],
    plant(queue) {
      const heard = new Set<string>();
      return {
        ...queue,
        async renew(lease, progress, ttlMs) {
          if (heard.has(lease.slice.id)) throw new LeaseLostError(lease.slice.id);
          heard.add(lease.slice.id);
          return queue.renew(lease, progress, ttlMs).finally(() => heard.delete(lease.slice.id));
        },
      };
    },
  },
  {
    name: "notBefore is ignored",
    breaks: ["Q16", "Q43"],
    plant: (queue) => ({ ...queue, retry: (lease, options) => queue.retry(lease, { ...options, notBefore: 0 }) }),
  },
  {
    name: "no attempt is handed back",
    breaks: ["Q26"],
    plant: (queue) => ({ ...queue, retry: (lease, options) => queue.retry(lease, { ...options, attemptSpent: true }) }),
  },
  {
    name: "every attempt is handed back",
    breaks: ["Q26", "Q53"],
    plant: (queue) => ({
      ...queue,
      retry: (lease, options) => queue.retry(lease, { ...options, attemptSpent: false }),
    }),
  },
  {
    name: "the provider is ignored",
    breaks: ["Q06", "Q41", "Q18", "Q42", "Q45"],
    plant: (queue) => ({ ...queue, lease: ({ provider: _provider, ...options }) => queue.lease(options) }),
  },
  {
    name: "the ids of a claim are ignored",
    breaks: ["Q42", "Q43"],
    plant: (queue) => ({ ...queue, lease: ({ ids: _ids, ...options }) => queue.lease(options) }),
  },
  {
    name: "the bound on running runs is ignored",
    breaks: ["Q45", "Q46"],
    plant: (queue) => ({ ...queue, lease: ({ maxRunning: _, ...options }) => queue.lease(options) }),
  },
  {
    name: "the bound on running runs is looked at first, and the claim made then",
    breaks: ["Q46"],
    plant: (queue, clock) => ({
      ...queue,
      async lease({ maxRunning, ...options }) {
        if (maxRunning === undefined) return queue.lease(options);
        const { limit, token } = options;
        const now = await queue.lease({ ...options, maxRunning: 0 });
        if (now.length > 0) return now;
        const holding = (await queue.running({})).filter(
          ({ slice, expiresAt }) => slice.provider === (options.provider ?? slice.provider) && expiresAt > clock.now(),
        );
        const room = Math.min(limit, maxRunning - holding.length);
        return room <= 0 ? [] : queue.lease({ ...options, token, limit: room });
      },
    }),
  },
  {
    name: "running tells when a lease was renewed, not when it was claimed",
    breaks: ["Q47"],
    plant(queue, clock) {
      const renewed = new Map<string, number>();
      return {
        ...queue,
        async renew(lease, progress, ttlMs) {
          const after = await queue.renew(lease, progress, ttlMs);
          renewed.set(lease.slice.id, clock.now());
          return after;
        },
        async running(filter) {
          return (await queue.running(filter)).map((run) => ({
            ...run,
            since: renewed.get(run.slice.id) ?? run.since,
          }));
        },
      };
    },
  },
  {
    name: "an empty list of ids means any",
    breaks: ["Q42"],
    plant: (queue) => ({
      ...queue,
      lease: ({ ids, ...options }) =>
        queue.lease(ids === undefined || ids.length === 0 ? options : { ...options, ids }),
    }),
  },
  {
    name: "a claim by ids takes what is leased, too",
    breaks: ["Q42", "Q43", "Q44"],
    plant(queue) {
      const given = new Map<string, Lease>();
      return {
        ...queue,
        async lease(options) {
          const leases = await queue.lease(options);
          const again = (options.ids ?? []).flatMap((id) => given.get(id) ?? []);
          for (const lease of leases) given.set(lease.slice.id, lease);
          return [...leases, ...again].slice(0, options.limit);
        },
      };
    },
  },
  {
    name: "the limit is ignored",
    breaks: [
      "Q03",
      "Q07",
      "Q09",
      "Q10",
      "Q11",
      "Q41",
      "Q13",
      "Q14",
      "Q15",
      "Q16",
      "Q17",
      "Q42",
      "Q20",
      "Q24",
      "Q25",
      "Q45",
      "Q47",
      "Q36",
      "Q44",
      "Q38",
      "Q40",
    ],
    plant: (queue) => ({ ...queue, lease: (options) => queue.lease({ ...options, limit: options.limit + 1 }) }),
  },
  {
    name: "the priority is ignored",
    breaks: ["Q11", "Q13", "Q17", "Q42"],
    plant: (queue) => disguised(queue, (slice) => ({ ...slice, priority: 0 })),
  },
  {
    name: "the last to come is leased first",
    breaks: ["Q07", "Q10", "Q11", "Q41", "Q12", "Q18", "Q42", "Q43", "Q19"],
    plant(queue) {
      let priority = 0;
      return disguised(queue, (slice) => ({ ...slice, priority: slice.priority * 1e6 + priority++ }));
    },
  },
  {
    name: "a label matches symbols too",
    breaks: ["Q06", "Q10"],
    plant(queue) {
      const slices: Slice[] = [];
      return {
        ...queue,
        enqueue(more, options) {
          slices.push(...more);
          return queue.enqueue(more, options);
        },
        async cancel({ label, ...filter }) {
          if (label === undefined) return queue.cancel(filter);
          const ids = slices.filter((slice) => slice.symbols.includes(label as string)).map(({ id }) => id);
          return (await queue.cancel({ ...filter, label })) + (await queue.cancel({ ...filter, ids }));
        },
      };
    },
  },
  {
    name: "a run that is over is never queued again",
    breaks: ["Q04", "Q56", "Q54", "Q55", "Q33", "Q34", "Q49", "Q50"],
    plant(queue) {
      const known = new Set<string>();
      return {
        ...queue,
        enqueue(slices, options) {
          const fresh = slices.filter(({ id }) => !known.has(id));
          for (const { id } of fresh) known.add(id);
          return queue.enqueue(fresh, options);
        },
      };
    },
  },
  {
    name: "enqueue starts running runs again",
    breaks: ["Q03"],
    plant: (queue) => ({
      ...queue,
      async enqueue(slices, options) {
        await queue.cancel({ ids: slices.map(({ id }) => id), states: ["running"] });
        return queue.enqueue(slices, options);
      },
    }),
  },
  {
    name: "enqueue of nothing is an error",
    breaks: ["Q01"],
    plant: (queue) => ({
      ...queue,
      async enqueue(slices, options) {
        if (slices.length === 0) throw new StoreError("no rows", { disposition: "halt" });
        return queue.enqueue(slices, options);
      },
    }),
  },
  {
    name: "estimates are kept as whole numbers",
    breaks: ["Q05"],
    plant: (queue) => ({
      ...queue,
      async lease(options) {
        const leases = await queue.lease(options);
        return leases.map(({ slice, ...lease }) => {
          const estimate = { bars: Math.round(slice.estimate.bars), pages: Math.round(slice.estimate.pages) };
          return { ...lease, slice: { ...slice, estimate } };
        });
      },
    }),
  },
  {
    name: "a field that may be absent is dropped",
    breaks: ["Q05"],
    plant: (queue) => ({
      ...queue,
      async lease(options) {
        const leases = await queue.lease(options);
        return leases.map(({ slice: { again: _, ...slice }, ...lease }) => ({ ...lease, slice }));
      },
    }),
  },
  {
    name: "enqueue counts what it was passed",
    breaks: ["Q02", "Q03", "Q39", "Q49", "Q50", "Q51"],
    plant: (queue) => ({
      ...queue,
      async enqueue(slices, options) {
        await queue.enqueue(slices, options);
        return slices.length;
      },
    }),
  },
  {
    name: "claims at the same time take the same runs",
    breaks: ["Q36", "Q37", "Q44", "Q46", "Q39"],
    plant(queue) {
      let pending: Promise<Lease[]> | undefined;
      return {
        ...queue,
        lease(options) {
          pending ??= queue.lease(options).finally(() => (pending = undefined));
          return pending;
        },
      };
    },
  },
  {
    name: "progress is forgotten",
    breaks: ["Q07", "Q08", "Q55", "Q52", "Q47"],
    plant: (queue) => ({
      ...queue,
      renew: (lease, progress, ttlMs) => queue.renew(lease, { ...progress, bars: 0 }, ttlMs),
    }),
  },
  {
    name: "cancel leaves running runs alone",
    breaks: ["Q04", "Q10", "Q11", "Q16", "Q31", "Q34"],
    plant: (queue) => ({
      ...queue,
      cancel: (filter) =>
        queue.cancel({ ...filter, states: (filter.states ?? ["queued"]).filter((s) => s === "queued") }),
    }),
  },
  {
    name: "cancel looks at one field only",
    breaks: ["Q10"],
    plant: (queue) => ({
      ...queue,
      cancel: ({ ids, label, ...rest }) =>
        queue.cancel(ids !== undefined ? { ids } : label !== undefined ? { label } : rest),
    }),
  },
  {
    name: "requeue ignores its filter",
    breaks: ["Q09", "Q56"],
    plant: (queue) => ({ ...queue, requeue: () => queue.requeue({}) }),
  },
  {
    name: "failures are of runs that were queued again, too",
    breaks: ["Q56"],
    plant(queue) {
      const told = new Map<string, RunFailure>();
      return {
        ...queue,
        async fail(lease, error, progress) {
          await queue.fail(lease, error, progress);
          told.set(lease.slice.id, { id: lease.slice.id, error, agoMs: 0 });
        },
        failures: async (ids) => [...new Set(ids)].flatMap((id) => told.get(id) ?? []),
      };
    },
  },
  {
    name: "open leaves out what is not queued",
    breaks: ["Q11"],
    plant: (queue) => ({
      ...queue,
      open: (filter) =>
        queue.open({ ...filter, states: (filter.states ?? ["queued"]).filter((state) => state === "queued") }),
    }),
  },
  {
    name: "open ignores its bound",
    breaks: ["Q48"],
    plant: (queue) => ({ ...queue, open: ({ limit: _, ...filter }) => queue.open(filter) }),
  },
  {
    name: "open bounds before it filters",
    breaks: ["Q48"],
    plant: (queue) => ({
      ...queue,
      async open({ limit, ...filter }) {
        const first = new Set((await queue.open({})).slice(0, limit).map(({ id }) => id));
        return (await queue.open(filter)).filter(({ id }) => limit === undefined || first.has(id));
      },
    }),
  },
  {
    name: "counts ignores its filter",
    breaks: ["Q41"],
    plant: (queue) => ({ ...queue, counts: () => queue.counts() }),
  },
  {
    name: "filters ignore the provider",
    breaks: ["Q41"],
    plant: (queue) => ({
      ...queue,
      counts: ({ provider: _, ...filter } = {}) => queue.counts(filter),
      open: ({ provider: _, ...filter }) => queue.open(filter),
      cancel: ({ provider: _, ...filter }) => queue.cancel(filter),
    }),
  },
  {
    name: "counts are not by label",
    breaks: ["Q07", "Q41"],
    plant: (queue) => ({
      ...queue,
      async counts(filter) {
        return (await queue.counts(filter)).map(({ state, runs, bars }) => ({ state, runs, bars }));
      },
    }),
  },
  {
    name: "enqueue goes by the id alone",
    breaks: ["Q49", "Q50", "Q51"],
    plant: (queue) => ({ ...queue, enqueue: (slices) => queue.enqueue(slices) }),
  },
  {
    name: "enqueue looks for what is open before it queues, not while it does",
    breaks: ["Q51"],
    plant: (queue) => ({
      ...queue,
      async enqueue(slices, options) {
        if (options?.apart !== true) return queue.enqueue(slices);
        const scratch = memoryQueue();
        await scratch.enqueue(await queue.open({}));
        const apart: Slice[] = [];
        for (const slice of slices) if ((await scratch.enqueue([slice], options)) === 1) apart.push(slice);
        return queue.enqueue(apart);
      },
    }),
  },
];
