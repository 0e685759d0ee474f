/**
 * An answer whose body is at hand. One that does not fit into the runtime's buffer for answers, and comes later than the
 * request's own turn, would leave with each name, colon and value of its head in a packet of its own, forty in all; as a
 * stream of one piece, head and body leave together.
 */
export function whole(body: string | Uint8Array, init: ResponseInit): Response {
  const size = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  if (size <= mostBuffered) return new Response(body as BodyInit, init);
  const pull = (sink: ReadableStreamDirectController) => {
    sink.write(body);
    sink.end();
  };
  const stream = new ReadableStream({ type: "direct", pull } as unknown as UnderlyingDefaultSource);
  return new Response(stream as unknown as BodyInit, init);
}

/** The runtime's buffer holds 16 KB, head included. Bytes. */
const mostBuffered = 12 * 1024;
