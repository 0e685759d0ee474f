import { GatewayError } from "~/errors.ts";

const longest = 64 * 1024;

/** What a form sent. Throws `too_large`, or `invalid_request` for what is no form. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) {
    throw new GatewayError("invalid_request", "This address takes forms only.", { zh: "此地址只接受表单。" });
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > longest) throw new GatewayError("too_large", "This form is too large.", { zh: "表单过大。" });
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString("utf8"));
}

/** What is for good has a box of its own to tick. */
export function requireSure(form: URLSearchParams): void {
  if (form.get("sure") === "yes") return;
  throw new GatewayError("invalid_request", "Tick the box first: this is for good.", {
    zh: "此操作不可恢复，请先勾选确认框。",
  });
}
