import { invalid, isObject } from "./json.ts";

/** What the value of a field must be, and how that is said. */
export type Rule = readonly [isRight: (value: unknown) => boolean, expectation: string];

/** The rules of an API's fields, in the order in which they are checked. */
export type Rules = readonly { field: string; isRight: Rule[0]; expectation: string }[];

/** Laid out once, since every request is checked by them. */
export const rules = (fields: Record<string, Rule>): Rules =>
  Object.entries(fields).map(([field, [isRight, expectation]]) => ({ field, isRight, expectation }));

/**
 * Checks the types of fields that an API defines. A null is as good as an absent field; fields without a rule ride along
 * unseen. Throws `invalid_request` with the first field that is wrong.
 */
export function checkFields(body: Record<string, unknown>, rules: Rules): void {
  for (const { field, isRight, expectation } of rules) {
    const value = body[field];
    if (value !== undefined && value !== null && !isRight(value)) throw invalid(field, expectation);
  }
}

export const isString = (value: unknown): value is string => typeof value === "string";
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
export const isNumberIn = (low: number, high: number) => (value: unknown) =>
  typeof value === "number" && value >= low && value <= high;
export const isIntegerIn = (low: number, high: number) => (value: unknown) =>
  Number.isInteger(value) && isNumberIn(low, high)(value);

export const boolean: Rule = [isBoolean, "must be true or false"];
export const string: Rule = [isString, "must be a string"];
/** Longer than any name of a model, and short enough for whatever compares, logs or keeps it. */
export const longestModelName = 200;
export const modelName: Rule = [
  (value) => isString(value) && value.length <= longestModelName,
  `must be a string of at most ${longestModelName} characters`,
];
export const object: Rule = [isObject, "must be an object"];
export const tokenCount: Rule = [isIntegerIn(1, Number.MAX_SAFE_INTEGER), "must be a whole number of at least 1"];
export const strings: Rule = [(value) => Array.isArray(value) && value.every(isString), "must be an array of strings"];
