import type { Reader } from "~/analytics/reader.ts";
import type { Made } from "./made.ts";

/** Has something made on the reader's thread. */
export function make<Name extends keyof Made>(
  reader: Reader,
  name: Name,
  args: Parameters<Made[Name]>[0],
): ReturnType<Made[Name]> {
  return reader.make(name, args) as ReturnType<Made[Name]>;
}
