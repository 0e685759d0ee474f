import { isUtf8 } from "node:buffer";
import { after } from "~/deadlines.ts";
import { GatewayError } from "~/errors.ts";
import { isBestAsBytes, type Sent } from "~/wire/json.ts";

/** How much a client may send, and how long it may pause while it sends. */
export interface BodyLimits {
  maxBytes: number;
  pauseMs: number;
}

/** What a client sent, and how many bytes that was. */
export interface Body {
  sent: Sent;
  size: number;
}

/**
 * Reads a request's body, without the byte order mark that some Windows tools put before it and upstreams refuse.
 * Throws `too_large` before all of it is read, `unsupported_encoding`, `body_timeout`, and `invalid_json` for what is no
 * UTF-8.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Body> {
  const announced = announcedSize(request, limits);
  // A small body of known size is here already or never: the quick way. Others are watched piece by piece.
  const isQuick = announced <= quickBytes;
  const bytes = await (isQuick ? within(limits.pauseMs, request.bytes()) : readPieces(request, announced, limits));
  const size = bytes.length;
  if (!isUtf8(bytes)) throw new GatewayError("invalid_json", "The request body is not valid UTF-8");
  if (isBestAsBytes(bytes)) return { sent: withoutMark(bytes), size };
  const sent = decoder.decode(bytes);
  letGo(bytes);
  return { sent, size };
}

/** Leaves the mark out by itself. */
const decoder = new TextDecoder();

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** In bytes; NaN where the client does not say. */
function announcedSize(request: Request, { maxBytes }: BodyLimits): number {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new GatewayError("unsupported_encoding", "Send the request body without a content-encoding");
  }
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  return announced;
}

async function readPieces(request: Request, announced: number, { maxBytes, pauseMs }: BodyLimits): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();

  let bytes = new Uint8Array(announced || quickBytes);
  let size = 0;
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(pauseMs, reader.read());
      if (done) return bytes.subarray(0, size);
      if (size + value.length > maxBytes) throw tooLarge(maxBytes);
      if (size + value.length > bytes.length) bytes = grown(bytes, size + value.length);
      bytes.set(value, size);
      size += value.length;
      letGo(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
}

const quickBytes = 256 * 1024;

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, bytes.length * 2));
  larger.set(bytes);
  letGo(bytes);
  return larger;
}

/** Frees the memory of bytes that nobody needs any more. Left to the collector, a large body would lie there several times. */
function letGo({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    "too_large",
    `The request body is larger than the ${Math.floor(maxBytes / 1024)} KB allowed here`,
  );
}

/** The promise's outcome, unless the time is over first. */
function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = after(ms, () => reject(new GatewayError("body_timeout", "The request body did not arrive in time")));
    promise.then(
      (value) => {
        late.cancel();
        resolve(value);
      },
      (error) => {
        late.cancel();
        reject(error);
      },
    );
  });
}
