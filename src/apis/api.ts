import type { GatewayError } from "~/errors.ts";

/** The APIs that we serve, as rows and the dashboard name them. */
export type ApiName = "chat" | "models" | "none";

/** How an API's clients are told of a failure. */
export interface Failure {
  /** Before the first byte: a real status and the client's own error body. */
  body(error: GatewayError): string;
  /** After it: one event, behind which nothing follows. The text is what goes on the wire, blank line included. */
  event(error: GatewayError): string;
}
