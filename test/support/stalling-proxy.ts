import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy that can fall silent as a network does: nothing is forwarded any more, and nothing is closed. */
export interface StallingProxy {
  readonly port: number;
  /** Silence on every connection that is open, for good, and on those to come, until {@link heal}. */
  stall(): void;
  /** From now on new connections work. Those that were silent stay silent. */
  heal(): void;
  /** Stalls as soon as a client sends `text`, with or without passing that on; resolves then. */
  stallAt(text: string, options: { readonly passOn: boolean }): Promise<void>;
  /** Ends everything, the silent connections too. */
  close(): Promise<void>;
}

/** Forwards to `target`, a URL or `host:port` of this machine. */
export async function stallingProxy(target: { readonly port: number }): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  let isStalled = false;
  let trigger: { readonly text: string; readonly passOn: boolean; readonly stalled: () => void } | undefined;

  const stall = () => {
    isStalled = true;
    for (const socket of sockets) silent.add(socket);
  };
  const forward = (from: Socket, to: Socket, seen: (bytes: Buffer) => boolean) => {
    sockets.add(from);
    if (isStalled) silent.add(from);
    from.on("data", (bytes) => {
      if (seen(bytes) && !silent.has(to)) to.write(bytes);
    });
    // The end of a connection is news as well, and does not get through.
    from.on("end", () => silent.has(from) || to.end());
    from.on("error", () => silent.has(from) || to.destroy());
    from.on("close", () => {
      if (!silent.has(from)) to.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target.port, host: "127.0.0.1", allowHalfOpen: true });
    forward(client, upstream, (bytes) => {
      if (trigger === undefined || silent.has(client) || !bytes.includes(trigger.text)) return !silent.has(client);
      const { passOn, stalled } = trigger;
      trigger = undefined;
      if (passOn) upstream.write(bytes);
      stall();
      stalled();
      return false;
    });
    forward(upstream, client, () => !silent.has(upstream));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");

  return {
    port: address.port,
    stall,
    heal: () => void (isStalled = false),
    stallAt: (text, { passOn }) => new Promise((stalled) => (trigger = { text, passOn, stalled })),
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
