/** The thread that takes secrets out of bodies and compresses them, so that neither traffic nor commits wait for it. */
import { type Gathered, pack } from "./pack.ts";
import type { PackAsked, PackReplied } from "./protocol.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<PackAsked>) => self.postMessage(reply(data));

function reply({ id, request, answer, ...options }: PackAsked): PackReplied {
  const packed = (body: Gathered | null) => body && pack(body, options);
  try {
    return { id, request: packed(request), answer: packed(answer) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
