import { expect, test } from "bun:test";
import { GatewayError } from "~/errors.ts";
import { shownToken } from "~/keys/extract.ts";

const show = (headers: Record<string, string>) => {
  try {
    return shownToken(new Headers(headers));
  } catch (error) {
    return (error as GatewayError).kind;
  }
};

test("both headers count, in any case, and may repeat the same key", () => {
  expect(show({ Authorization: "Bearer one" })).toBe("one");
  expect(show({ Authorization: "bearer   one " })).toBe("one");
  expect(show({ "X-Api-Key": "one" })).toBe("one");
  expect(show({ Authorization: "Bearer one", "x-api-key": "one" })).toBe("one");
});

test("two different keys are a conflict, also in one header that was sent twice", () => {
  expect(show({ Authorization: "Bearer one", "x-api-key": "two" })).toBe("conflicting_keys");
  const twice = new Headers({ authorization: "Bearer one" });
  twice.append("authorization", "Bearer two");
  expect(() => shownToken(twice)).toThrow(GatewayError);
});

test("no key, an empty one and another scheme are told apart", () => {
  expect(show({})).toBeNull();
  expect(show({ Authorization: "Bearer" })).toBeNull();
  expect(show({ Authorization: "Bearer  " })).toBeNull();
  expect(show({ Authorization: "Basic b25lOnR3bw==" })).toBe("wrong_scheme");
  expect(show({ Authorization: "one" })).toBe("wrong_scheme");
});

test("a proxy's Basic sign-in does not stand in the way of an x-api-key", () => {
  expect(show({ Authorization: "Basic b25lOnR3bw==", "x-api-key": "one" })).toBe("one");
});
