const places = new WeakMap<object, string>();

/**
 * Notes where in the client's own request something of the house's stands, so that whoever refuses it can name it by a path
 * that the client knows. What has a place keeps it.
 */
export function placed<T extends object>(thing: T, path: string): T {
  if (!places.has(thing)) places.set(thing, path);
  return thing;
}

export function placeOf(thing: object, otherwise: string): string {
  return places.get(thing) ?? otherwise;
}
