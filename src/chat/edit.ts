const encoder = new TextEncoder();

/**
 * A request with some fields changed. Bytes that need no change are not rebuilt: without changes they are handed on, and
 * fields that the client did not send are put in front of what it did send. `undefined` takes a field out.
 */
export function editJson(
  bytes: Uint8Array,
  body: Record<string, unknown>,
  changes: Record<string, unknown>,
): Uint8Array | string {
  const wanted = Object.entries(changes).filter(([field, value]) => value !== body[field]);
  if (wanted.length === 0) return bytes;
  const isAddition = wanted.every(([field, value]) => !Object.hasOwn(body, field) && value !== undefined);
  if (!isAddition) return JSON.stringify({ ...body, ...changes });

  const start = bytes.indexOf(openBrace) + 1;
  const isEmpty = Object.keys(body).length === 0;
  const added = encoder.encode(JSON.stringify(Object.fromEntries(wanted)).slice(1, -1) + (isEmpty ? "" : ","));
  const edited = new Uint8Array(bytes.length + added.length);
  edited.set(bytes.subarray(0, start));
  edited.set(added, start);
  edited.set(bytes.subarray(start), start + added.length);
  return edited;
}

const openBrace = "{".charCodeAt(0);
