import { afterEach, beforeEach, expect, test } from "bun:test";
import { GatewayError } from "~/errors.ts";
import { requireRight } from "~/keys/verify.ts";
import { type HeldClock, holdClock } from "../helpers/clock.ts";
import { ada, bearer, type House, openHouse, scratchFolder, seen } from "./house.ts";

let folder: ReturnType<typeof scratchFolder>;
let clock: HeldClock;
let house: House;
beforeEach(async () => {
  folder = scratchFolder();
  clock = holdClock();
  house = await openHouse(folder.path, clock);
});
afterEach(async () => {
  await house.close();
  await folder.remove();
});

const make = async (body: Record<string, unknown>) => (await house.keys.create(body, ada)).token!;

test("a refusal says what is wrong with the key, and never repeats it", async () => {
  const live = await make({ name: "live" });
  const disabled = await make({ name: "disabled" });
  await house.keys.disable("disabled", ada);
  const revoked = await make({ name: "revoked" });
  await house.keys.revoke("revoked", ada);
  const rotated = await make({ name: "rotated" });
  await house.keys.rotate("rotated", { overlap: "0" }, ada);
  const expiring = await make({ name: "expiring", expires_at: "12h" });
  clock.pass(12 * 3_600_000);

  expect(seen(house, live)).toBe("live");
  expect(seen(house, disabled)).toBe("disabled_key");
  expect(seen(house, revoked)).toBe("revoked_key");
  expect(seen(house, rotated)).toBe("revoked_key");
  expect(seen(house, expiring)).toBe("expired_key");
  expect(seen(house, null)).toBe("missing_key");
  expect(seen(house, "somebody-elses-key-entirely")).toBe("unknown_key");
  expect(seen(house, `${live.slice(0, -1)}${live.endsWith("a") ? "b" : "a"}`)).toBe("unknown_key");

  for (const token of [disabled, revoked, rotated, expiring, "somebody-elses-key-entirely"]) {
    try {
      house.keys.verify(bearer(token), "127.0.0.1");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError);
      expect((error as GatewayError).status).toBe(401);
      expect((error as GatewayError).headers["WWW-Authenticate"]).toStartWith("Bearer");
      expect((error as GatewayError).message).not.toContain(token.slice(-8));
    }
  }
});

test("a token with the right id and a wrong secret is unknown", async () => {
  const token = await make({ name: "ada" });
  const other = await make({ name: "bob" });
  const { makeToken } = await import("~/keys/secret.ts");
  const forged = makeToken("sk-zg").token.split("_");
  expect(seen(house, token)).toBe("ada");
  // A well-formed token under Ada's public id: only its checksum could be right.
  const body = `sk-zg_${token.split("_")[1]}_${forged[2]!.slice(0, 43)}`;
  expect(seen(house, body + checksumOf(body))).toBe("unknown_key");
  expect(seen(house, other)).toBe("bob");
});

test("an imported string of 20 characters works as it is", async () => {
  await make({ name: "old", secret: "my-old-gateway-key-x" });
  expect(seen(house, "my-old-gateway-key-x")).toBe("old");
  expect(seen(house, "my-old-gateway-key-y")).toBe("unknown_key");
});

test("a key may be bound to networks", async () => {
  const token = await make({ name: "office", networks: ["203.0.113.0/24", "2001:db8::/32"] });
  expect(seen(house, token, "203.0.113.9")).toBe("office");
  expect(seen(house, token, "::ffff:203.0.113.9")).toBe("office");
  expect(seen(house, token, "2001:db8::9")).toBe("office");
  expect(seen(house, token, "198.51.100.1")).toBe("address_not_allowed");
  expect(seen(house, token, "")).toBe("address_not_allowed");
});

test("rights are kept apart", async () => {
  const reader = house.keys.verify(bearer(await make({ name: "reader", rights: ["reports", "metrics"] })), "127.0.0.1");
  requireRight(reader, "reports");
  requireRight(reader, "metrics");
  expect(() => requireRight(reader, "inference")).toThrow(/call models/);
  expect(() => requireRight(reader, "admin")).toThrow(/administer/);
});

test("with keys off, requests without a key and with a stranger's string go under open", async () => {
  const token = await make({ name: "ada" });
  const revoked = await make({ name: "bob" });
  await house.keys.revoke("bob", ada);
  await house.keys.open([]);
  expect(seen(house, null)).toBe("open");
  expect(seen(house, "sk-anything")).toBe("open");
  expect(seen(house, token)).toBe("ada");
  expect(seen(house, revoked)).toBe("revoked_key");
  expect(seen(house, `${token.slice(0, -1)}${token.endsWith("a") ? "b" : "a"}`)).toBe("unknown_key");
  expect(house.keys.verify(bearer(null), "127.0.0.1").secretId).toBe(0);
});

test("an address that guesses is slowed down, and its neighbours' keys still work", async () => {
  const known = await make({ name: "neighbour" });
  const unseen = await make({ name: "unseen", secret: "a-string-that-is-guessed" });
  expect(seen(house, known, "198.51.100.7")).toBe("neighbour");
  const guesses = Array.from({ length: 30 }, (_, at) => seen(house, `guess-number-${at}-of-many`, "198.51.100.7"));
  expect(guesses.slice(0, 20)).toEqual(Array(20).fill("unknown_key"));
  expect(guesses.at(-1)).toBe("too_many_requests");
  // Even the right guess looks like a wrong one.
  expect(seen(house, unseen, "198.51.100.7")).toBe("too_many_requests");
  expect(seen(house, known, "198.51.100.7")).toBe("neighbour");
  expect(seen(house, unseen, "198.51.100.8")).toBe("unseen");
  clock.pass(61_000);
  expect(seen(house, unseen, "198.51.100.7")).toBe("unseen");
});

test("keys and secrets survive a restart, and the file holds no token", async () => {
  const token = await make({ name: "ada" });
  await make({ name: "old", secret: "my-old-gateway-key-x" });
  seen(house, token);
  await house.keys.saveUses();
  await house.close();
  house = await openHouse(folder.path, clock);
  expect(seen(house, token)).toBe("ada");
  expect(house.keys.view("ada").last_used_at).not.toBeNull();
  const bytes = await Bun.file(`${folder.path}/zgate.db`).text();
  expect(bytes).not.toContain(token.split("_")[2]!.slice(0, 20));
  expect(bytes).not.toContain("my-old-gateway-key-x");
});

function checksumOf(body: string): string {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let rest = Bun.hash.crc32(body);
  let text = "";
  for (let i = 0; i < 6; i++) {
    text = digits[rest % 62]! + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
