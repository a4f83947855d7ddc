// What the functions of examples/supabase use of Deno.
declare namespace Deno {
  const env: { toObject(): Record<string, string> };
  function serve(call: (request: Request) => Promise<Response>): unknown;
}

declare function addEventListener(type: "beforeunload", listener: () => void): void;
