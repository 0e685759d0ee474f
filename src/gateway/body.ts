import { GatewayError } from "~/errors.ts";

/** How much a client may send, and how long it may pause while it sends. */
export interface BodyLimits {
  maxBytes: number;
  pauseMs: number;
}

/** Reads a request's body, without a byte order mark that stands before it. Throws `too_large` before all of it is read, `unsupported_encoding`, `body_timeout`. */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const bytes = await readAll(request, limits);
  // Some Windows tools put one there. It says nothing in UTF-8, and upstreams refuse it.
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

async function readAll(request: Request, { maxBytes, pauseMs }: BodyLimits): Promise<Uint8Array> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new GatewayError("unsupported_encoding", "Send the request body without a content-encoding");
  }
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  // A small body of known size is here already or never: the quick way. Others are watched piece by piece.
  if (announced <= quickBytes)
    return await within(
      pauseMs,
      request.arrayBuffer().then((buffer) => new Uint8Array(buffer)),
    );
  if (!request.body) return new Uint8Array();

  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(pauseMs, reader.read());
      if (done) return Buffer.concat(pieces);
      size += value.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      pieces.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
}

const quickBytes = 256 * 1024;

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    "too_large",
    `The request body is larger than the ${Math.floor(maxBytes / 1024)} KB allowed here`,
  );
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new GatewayError("body_timeout", "The request body did not arrive in time")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
