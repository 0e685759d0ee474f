import { Html } from "@elysiajs/html";
import type { GatewayError } from "~/errors.ts";
import { Problem } from "~/ui/form.tsx";

/** What stands in a form, and why it was refused. */
export interface Typed {
  /** Which form of the page it is: names of fields are told apart by it, unless it is empty. */
  form: string;
  fields: Record<string, string>;
  message: string | null;
  /** The field at fault; null where it is none in particular. */
  param: string | null;
}

/** A form as it stands before anybody typed into it. */
export function untouched(form: string, fields: Record<string, string> = {}): Typed {
  return { form, fields, message: null, param: null };
}

/** A form as it was sent, but for secrets, and why it was refused. */
export function refusedIn(form: string, sent: URLSearchParams, { param }: GatewayError, message: string): Typed {
  const { token: _token, secret: _secret, ...fields } = Object.fromEntries(sent);
  return { form, fields, message, param };
}

/** What a field shows of it. */
export function fieldOf(typed: Typed, name: string) {
  const { form, fields, message } = typed;
  return { form, name, value: fields[name], problem: isAbout(typed, name) ? message : null };
}

/** Why it was refused, where that is about none of the fields it shows. */
export function Unplaced({ typed, known }: { typed: Typed; known: readonly string[] }) {
  return <Problem text={known.some((name) => isAbout(typed, name)) ? null : typed.message} />;
}

/** `models[2]` is about `models`. */
function isAbout({ param }: Typed, name: string): boolean {
  return param !== null && (param === name || param.startsWith(`${name}[`));
}
