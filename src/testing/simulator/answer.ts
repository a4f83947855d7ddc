/** What goes back to the client, whichever way it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `cut-off` sends half of the body, `reset` nothing at all; then the connection breaks. */
  readonly delivery: "whole" | "cut-off" | "reset";
}

/** A request that the service refuses. Thrown inside the simulator only. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly body: string;
  readonly contentType: string;

  constructor(status: number, body: string, contentType = JSON_TYPE) {
    super(body);
    this.status = status;
    this.body = body;
    this.contentType = contentType;
  }
}

export const JSON_TYPE = "application/json; charset=UTF-8";

/** `{"message":…}`, with `code` before it where the service has one. */
export function refusal(status: number, message: string, code?: number): Refusal {
  return new Refusal(status, JSON.stringify(code === undefined ? { message } : { code, message }));
}

const REASONS: Readonly<Record<number, string>> = {
  401: "Authorization Required",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};

/** The page of the proxy before the service. */
export function htmlRefusal(status: number): Refusal {
  const title = `${status} ${REASONS[status] ?? "Error"}`;
  const html = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return new Refusal(status, html, "text/html");
}
