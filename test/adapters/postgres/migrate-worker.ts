// A process that migrates: says `ready`, waits for a line, and prints the versions that it applied. Arguments: the
// database's URL, the schema.
import { once } from "node:events";
import pg from "pg";
import { migrate } from "../../../src/adapters/postgres/index.ts";

const [url = "", schema = ""] = process.argv.slice(2);
const client = new pg.Pool({ connectionString: url, max: 1 });
// Connected before the start, so that all of them ask at once.
await client.query("select 1");
process.stdout.write("ready\n");
await once(process.stdin, "data");
process.stdout.write(JSON.stringify(await migrate(client, { schema })));
await client.end();
process.stdin.destroy();
