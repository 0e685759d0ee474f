/** A JSON schema, as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

/** Named schemas, for `#/components/schemas`. */
export type Schemas = Readonly<Record<string, Schema>>;

const said =
  (type: string) =>
  (description?: string, more: Schema = {}): Schema => ({ type, ...(description && { description }), ...more });

export const text = said("string");
export const whole = said("integer");
export const number = said("number");
export const flag = said("boolean");

/** `2027-01-31T12:00:00.000Z` */
export const moment = (description?: string): Schema => text(description, { format: "date-time" });

/** Milliseconds since 1970. */
export const millis = (description = "Milliseconds since 1970"): Schema => whole(description);

export const word = (...values: readonly string[]): Schema => ({ type: "string", enum: values });

export const list = (items: Schema, description?: string): Schema => ({
  type: "array",
  items,
  ...(description && { description }),
});

/** Something under names that are not known here. */
export const map = (values: Schema, description?: string): Schema => ({
  type: "object",
  additionalProperties: values,
  ...(description && { description }),
});

/** All of its properties are always there, but for those that are named as optional; and there are no others. */
export const object = (properties: Schemas, optional: readonly string[] = []): Schema => {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, ...(required.length > 0 && { required }) };
};

/** An object of somebody else's, of which only a part is described: the rest rides along. */
export const open = (properties: Schemas, required: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: true,
});

export const anyOf = (...choices: readonly Schema[]): Schema => ({ anyOf: choices });

export const orNull = (schema: Schema): Schema =>
  typeof schema.type === "string" && schema.enum === undefined
    ? { ...schema, type: [schema.type, "null"] }
    : anyOf(schema, { type: "null" });

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** As the admin API lists things. */
export const listOf = (name: string): Schema => object({ data: list(ref(name)) });

/** A body of JSON. */
export const json = (schema: Schema, example?: unknown) => ({
  "application/json": { schema, ...(example !== undefined && { example }) },
});
