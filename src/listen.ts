import type { createApp } from "~/app.ts";
import { serveBelow } from "~/below.ts";
import type { Certificate } from "~/certificate.ts";
import type { Settings } from "~/config.ts";
import { asPortError } from "~/opening.ts";

/** Opens the door: from here on the app answers at the port. Throws a StartError where the port cannot be had. */
export function listen(
  app: ReturnType<typeof createApp>,
  { port, host, basePath }: Pick<Settings, "port" | "host" | "basePath">,
  certificate: Certificate | null,
) {
  const options = {
    port,
    hostname: host,
    ...(certificate !== null && { tls: certificate }),
    // Two processes that share a port would each get half of the requests.
    reusePort: false,
    // Pings keep streams above this; a whole answer asks for longer by itself.
    idleTimeout: 255,
    // zgate counts bodies itself: Bun's own refusal has no words and leaves no row.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  };
  try {
    if (basePath !== null) return serveBelow(app, basePath, options);
    app.listen(options);
  } catch (error) {
    throw asPortError(error, port, host);
  }
  return app.server!;
}
