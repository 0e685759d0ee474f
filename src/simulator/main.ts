import { parseArgs } from "node:util";
import { startBench } from "./bench.ts";
import { startSimulator } from "./simulator.ts";

/** The simulated upstream as a process of its own: `bun src/simulator/main.ts --port 9901 --bench`. */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "9901" },
    hostname: { type: "string", default: "127.0.0.1" },
    /** Milliseconds between two events of a stream. */
    pace: { type: "string", default: "0" },
    /** Prepared answers that read nothing of a request but whether it wants a stream. */
    bench: { type: "boolean", default: false },
    /** Events that carry words, in a stream of the benchmark. */
    chunks: { type: "string", default: "200" },
    /** Requests in flight for each bearer and model; 0: any number. */
    concurrency: { type: "string", default: "0" },
  },
});

const common = { port: Number(values.port), hostname: values.hostname, paceMs: Number(values.pace) };
if (values.bench) {
  const { port } = startBench({ ...common, chunks: Number(values.chunks) });
  console.log(`http://${values.hostname}:${port}`);
} else {
  const { url, zaiUrl, webUrl, openaiUrl } = await startSimulator({
    ...common,
    concurrency: Number(values.concurrency) || null,
  });
  console.log(`${url}\n${zaiUrl}\n${webUrl}\n${openaiUrl}`);
}
