/**
 * The thread that checks answers against the JSON schemas of clients. Such a schema is a program of sorts (patterns,
 * references to itself), so it never runs where traffic is carried, and whoever waits for it may end the thread.
 */
import { type Schema, type SchemaDraft, Validator } from "@cfworker/json-schema";
import type { CheckAsked, CheckReplied } from "./schemas.ts";

declare const self: Worker;

self.onmessage = (event: MessageEvent<CheckAsked>) => self.postMessage(check(event.data));

function check({ id, schema, value }: CheckAsked): CheckReplied {
  try {
    const { valid, errors } = new Validator(schema as Schema, draftOf(schema)).validate(value);
    const problems = errors.slice(-8).map(({ instanceLocation, keyword, error }) => {
      return { at: instanceLocation, keyword, says: error };
    });
    return { id, problems: valid ? null : problems };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

function draftOf(schema: unknown): SchemaDraft {
  const named = /draft-0?(4|7)|draft\/(2019-09)/.exec(String((schema as { $schema?: unknown })?.$schema ?? ""));
  return ((named?.[1] ?? named?.[2]) as SchemaDraft | undefined) ?? "2020-12";
}
