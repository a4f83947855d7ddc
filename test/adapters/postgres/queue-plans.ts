import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresQueue } from "../../../src/adapters/postgres/index.ts";
import type { Lease } from "../../../src/contracts/slice-queue.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { CLAIM, openQueue, RESULT, sliceAt, slices, type TestQueue } from "./queue-fixtures.ts";

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Parent Relationship"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The tests of the plans of a queue of so many runs: half of them over, the rest queued, leased or expired. */
export function queuePlanTests(runs: number): void {
  let database: ServerDatabase;
  let context: TestQueue;
  let connection: pg.Client;
  const plans: PlanNode[] = [];

  beforeAll(async () => {
    database = await openServer();
    context = await openQueue(database);
    await fill(database.client, context.schema, runs);
    connection = new pg.Client({ connectionString: database.url });
    await connection.connect();
    // The plans that the functions really ran with, also those that the server kept for the session.
    await connection.query("load 'auto_explain'");
    for (const [name, value] of Object.entries({
      "auto_explain.log_min_duration": "0",
      "auto_explain.log_nested_statements": "on",
      "auto_explain.log_format": "json",
      client_min_messages: "log",
    })) {
      await connection.query(`set ${name} = '${value}'`);
    }
    connection.on("notice", ({ message = "" }) => {
      const json = message.indexOf("{");
      if (message.startsWith("duration") && json >= 0) plans.push(JSON.parse(message.slice(json)).Plan);
    });
  }, 300_000);
  afterAll(async () => {
    await connection?.end();
    await database.close();
  });

  /** Runs `call` a few times, so that kept plans show too, and gives what was scanned from end to end. */
  async function scanned(call: (queue: TestQueue["queue"], turn: number) => Promise<unknown>): Promise<string[]> {
    const queue = postgresQueue({ client: connection, schema: context.schema });
    plans.length = 0;
    for (let turn = 0; turn < 8; turn++) {
      await call(queue, turn);
    }
    expect(plans.length).toBeGreaterThan(8);
    return plans
      .flatMap(nodesOf)
      .filter((node) => node["Node Type"] === "Seq Scan")
      .map((node) => node["Relation Name"] ?? "");
  }

  /** The joins that the last calls went through in the order in which `job_runs` has them. */
  function ledByRuns(): PlanNode[] {
    const joins = plans.flatMap(nodesOf).filter((node) => node["Node Type"] === "Nested Loop");
    expect(joins.length).toBeGreaterThan(0);
    return joins.filter(({ Plans = [] }) =>
      Plans.some((node) => node["Parent Relationship"] === "Outer" && node["Relation Name"] === "job_runs"),
    );
  }

  // Statistics are missing at first, as after a bulk enqueue, and there afterwards.
  test.each(["before", "after"])(
    "no operation of a worker scans a table, %s analyze",
    async (when) => {
      if (when === "after") await database.client.query("analyze");
      const claim = { ...CLAIM, limit: 100 };
      const held: Lease[] = [];
      expect(
        await scanned(async (queue, turn) => {
          // Expired leases first, then, when these are used up, what is queued.
          const limit = turn < 4 ? 100 : 5000;
          const provider = turn % 2 === 0 ? { provider: "test" } : {};
          held.push(...(await queue.lease({ ...claim, ...provider, limit, token: `${when}-${turn}` })));
        }),
      ).toEqual([]);
      expect(new Set(held.map(({ slice }) => slice.id)).size).toBe(held.length);
      expect(held.length).toBeGreaterThan(4000);
      const next = () => {
        const lease = held.pop();
        if (lease === undefined) throw new Error("a run is held");
        return lease;
      };
      const token = `${when}-0`;
      expect(await scanned((queue) => queue.lease({ ...claim, token }))).toEqual([]);
      expect(await scanned((queue) => queue.renew(next(), { percent: 1, bars: 1, requests: 1 }, 1000))).toEqual([]);
      expect(ledByRuns()).toEqual([]);
      expect(await scanned((queue) => queue.complete(next(), RESULT))).toEqual([]);
      expect(ledByRuns()).toEqual([]);
      expect(
        await scanned((queue) => Promise.all(held.splice(-200).map((lease) => queue.complete(lease, RESULT)))),
      ).toEqual([]);
      expect(ledByRuns()).toEqual([]);
      expect(await scanned((queue) => queue.retry(next(), { notBefore: 0, attemptSpent: true }))).toEqual([]);
      expect(await scanned((queue) => queue.fail(next(), { code: "X", message: "x" }))).toEqual([]);
    },
    300_000,
  );

  test("enqueueing into a full table scans nothing but what comes", async () => {
    const scans = await scanned((queue, turn) => queue.enqueue(slices(500, { label: `L${turn}` })));
    expect(scans.filter((name) => name === "job_runs")).toEqual([]);
  });
}

async function fill(client: pg.Pool, schema: string, runs: number): Promise<void> {
  const text = JSON.stringify(sliceAt(0));
  await client.query(
    `insert into ${schema}.job_runs
       (slice_id, slice, timeframe, job_type, slice_from, slice_to, provider, priority, arrival, status,
        finished_at, worker_id, lease_token, lease_expires_at)
     select md5(n::text), jsonb_set($1, '{id}', to_jsonb(md5(n::text))), '1Min', 'fetch_intraday', now(), now(), 'test',
            0, n,
            case when n % 2 = 0 then 'success' when n % 20 = 1 then 'running' else 'queued' end,
            case when n % 2 = 0 then now() end,
            case when n % 20 = 1 then 'worker' end, case when n % 20 = 1 then 'token-' || n / 100 end,
            case when n % 20 = 1 then now() + (n % 3 - 1) * interval '1 hour' end
     from generate_series(1, ${runs}) n`,
    [text],
  );
  await client.query(
    `insert into ${schema}.job_queue (run_id, arrival, priority, not_before, provider)
     select id, arrival, priority, not_before, provider from ${schema}.job_runs where status = 'queued'`,
  );
  await client.query(
    `insert into ${schema}.job_leases (token, provider, expires_at, run_ids)
     select lease_token, provider, min(lease_expires_at), array_agg(id) from ${schema}.job_runs
     where status = 'running' group by lease_token, provider`,
  );
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
