/** What the doctor says of one thing. `advice` is there unless it is fine. */
export interface Check {
  readonly name:
    | "config"
    | "credentials"
    | "subscription"
    | "rate"
    | "clock"
    | "database"
    | "server version"
    | "tables"
    | "rights"
    | "pooler";
  readonly state: "ok" | "warning" | "problem" | "skipped";
  readonly found: string;
  readonly advice?: string;
}
