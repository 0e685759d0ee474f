import type { Reader } from "~/analytics/reader.ts";
import type { Clock } from "~/clock.ts";
import type { Writer } from "~/db/writer.ts";
import { GatewayError } from "~/errors.ts";
import type { Keys } from "~/keys/keys.ts";
import { keyOf } from "~/keys/owner.ts";
import { audit, type Who } from "~/keys/statements.ts";
import { moment } from "~/keys/view.ts";
import { idOfRequestId } from "~/record/request-id.ts";
import type { Captures } from "./captures.ts";

/** The rooms that the commands about kept bodies reach. */
export interface Kept {
  captures: Captures;
  keys: Pick<Keys, "view">;
  /** Null for a command that works without a server: nothing is read then. */
  reader: Pick<Reader, "ask"> | null;
  writer: Writer;
  clock: Clock;
}

export type CaptureArgs = Record<string, unknown>;
export type CaptureCommand = (kept: Kept, args: CaptureArgs, who: Who) => unknown;

/** Everything an owner may do with what was kept of bodies. Whoever looks at one is in the audit log before he sees it. */
export const captureCommands = {
  "captures.list": async ({ captures, keys, reader }) => {
    const { isAllowed, bodyBytes, totalBytes, days } = captures.rules;
    const sums = (await reader?.ask("captureSums", {})) ?? [];
    const data = sums.map(({ keyId, requests, bytes, since }) => {
      return { key: keyId, name: keys.view(keyId).name, requests, bytes, since: moment(since) };
    });
    return { allowed: isAllowed, body_bytes: bodyBytes, total_bytes: totalBytes, days, data };
  },

  "captures.show": async (kept, args, who) => {
    const requestId = String(args.request ?? "");
    const { keyId, request, answer } = await look(kept, requestId, who);
    const body = ({ bytes, isCut, shown }: typeof request) => {
      return { bytes, truncated: isCut, text: shown?.text ?? null, words: shown?.words ?? [] };
    };
    return { request_id: requestId, key: keyId, request: body(request), answer: body(answer) };
  },

  "captures.delete": async ({ captures, keys, writer, clock }, args, who) => {
    const { id, name } = keys.view(keyOf(args));
    const deleted = await captures.forget(id);
    const row = { action: "capture.delete", subject: `key ${id}`, after: { name, requests: deleted } };
    await writer.write([audit(who, clock.now(), row)]);
    return { deleted };
  },
} satisfies Record<string, CaptureCommand>;

export type CaptureCommandName = keyof typeof captureCommands;

/** What was said in a request, for `who`, who is on record for it. Throws `not_found` where nothing was kept. */
export async function look({ keys, reader, writer, clock }: Kept, requestId: string, who: Who) {
  const id = idOfRequestId(requestId);
  const found = id === null || reader === null ? null : await reader.ask("captureOf", { id });
  if (found === null) {
    throw new GatewayError("not_found", "Nothing was kept of what was said in this request.", {
      zh: "此请求没有保存对话内容。",
    });
  }
  const key = keys.view(found.keyId).name;
  const row = { action: "capture.view", subject: `request ${requestId}`, after: { key } };
  await writer.write([audit(who, clock.now(), row)]);
  return found;
}
