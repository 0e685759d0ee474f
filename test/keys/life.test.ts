import { afterEach, beforeEach, expect, test } from "bun:test";
import { GatewayError } from "~/errors.ts";
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

const hour = 3_600_000;
const make = async (body: Record<string, unknown>) => (await house.keys.create(body, ada)).token!;
const restart = async () => {
  await house.close();
  house = await openHouse(folder.path, clock);
};
const refusal = async (work: () => Promise<unknown>) => {
  const error = await work().then(
    () => null,
    (thrown) => thrown as GatewayError,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error!;
};
const lastAudit = () => house.query("select action, before, after from audit_log order by id desc limit 1")[0];

test("a rotation keeps the key and lets the old secret live for the overlap, and no longer", async () => {
  const old = await make({ name: "pilot-agent", requests_per_minute: 60 });
  const before = house.keys.view("pilot-agent");
  const rotated = await house.keys.rotate("pilot-agent", { overlap: "24h" }, ada);
  expect(rotated.key.id).toBe(before.id);
  expect(house.keys.view("pilot-agent").limits.requests_per_minute).toBe(60);
  expect([seen(house, old), seen(house, rotated.token)]).toEqual(["pilot-agent", "pilot-agent"]);
  expect(house.keys.verify(bearer(old), "").retiringUntil).toBe(clock.now() + 24 * hour);
  expect(house.keys.verify(bearer(rotated.token), "").retiringUntil).toBeNull();
  clock.pass(24 * hour - 1);
  expect(seen(house, old)).toBe("pilot-agent");
  clock.pass(1);
  expect([seen(house, old), seen(house, rotated.token)]).toEqual(["revoked_key", "pilot-agent"]);
});

test("a restart in the middle of an overlap changes nothing", async () => {
  const old = await make({ name: "pilot-agent" });
  const { token } = await house.keys.rotate("pilot-agent", { overlap: "1h" }, ada);
  await restart();
  expect([seen(house, old), seen(house, token)]).toEqual(["pilot-agent", "pilot-agent"]);
  clock.pass(hour);
  expect([seen(house, old), seen(house, token)]).toEqual(["revoked_key", "pilot-agent"]);
});

test("an overlap never outlives the key, and the answer says so", async () => {
  const old = await make({ name: "guest", expires_at: "12h" });
  const { notice, retiring } = await house.keys.rotate("guest", { overlap: "7d" }, ada);
  expect(retiring?.notAfter).toBe(clock.now() + 12 * hour);
  expect(notice?.en).toContain("since the key itself expires then");
  clock.pass(12 * hour);
  expect(seen(house, old)).toBe("revoked_key");
});

test("a key that is made to expire sooner takes its old secret with it", async () => {
  await make({ name: "guest" });
  await house.keys.rotate("guest", { overlap: "7d" }, ada);
  await house.keys.edit("guest", { expires_at: "12h" }, ada);
  const ends = new Date(clock.now() + 12 * hour).toISOString();
  expect(house.keys.view("guest").secrets.map(({ not_after }) => not_after)).toEqual([null, ends]);
});

test("a second rotation during an overlap is a conflict that names its end and the way out", async () => {
  await make({ name: "pilot-agent" });
  await house.keys.rotate("pilot-agent", { overlap: "1h" }, ada);
  const error = await refusal(() => house.keys.rotate("pilot-agent", { overlap: "1h" }, ada));
  expect(error.kind).toBe("conflict");
  expect(error.status).toBe(409);
  expect(error.message).toContain(new Date(clock.now() + hour).toISOString());
  expect(error.message).toContain("end-overlap");
  await house.keys.endOverlap("pilot-agent", ada);
  await house.keys.rotate("pilot-agent", { overlap: "1h" }, ada);
  expect(house.keys.view("pilot-agent").secrets.length).toBe(2);
});

test("two rotations at once leave two living secrets, not three", async () => {
  await make({ name: "pilot-agent" });
  const results = await Promise.allSettled([
    house.keys.rotate("pilot-agent", { overlap: "1h" }, ada),
    house.keys.rotate("pilot-agent", { overlap: "1h" }, ada),
  ]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
  expect(house.query("select count(*) as n from key_secrets where state <> 'revoked'")).toEqual([{ n: 2 }]);
});

test("the same Idempotency-Key rotates once and shows the secret once, also after a restart", async () => {
  await make({ name: "pilot-agent" });
  const first = await house.keys.rotate("pilot-agent", { overlap: "1h" }, ada, "deploy-42");
  const again = await house.keys.rotate("pilot-agent", { overlap: "1h" }, ada, "deploy-42");
  expect(again.secret.id).toBe(first.secret.id);
  expect(again.token).toBeNull();
  await restart();
  expect((await house.keys.rotate("pilot-agent", { overlap: "1h" }, ada, "deploy-42")).secret.id).toBe(first.secret.id);
  const made = await house.keys.create({ name: "once" }, ada, "make-1");
  const remade = await house.keys.create({ name: "once" }, ada, "make-1");
  expect(remade.key.id).toBe(made.key.id);
  expect(remade.token).toBeNull();
});

test("an Idempotency-Key that was used for another request is a conflict, and nothing is done", async () => {
  const old = (await house.keys.create({ name: "leaked", note: "" }, ada, "k")).token!;
  const clashes = [
    () => house.keys.rotate("leaked", { overlap: "0" }, ada, "k"),
    () => house.keys.create({ name: "other", rights: ["reports"] }, ada, "k"),
    () => house.keys.create({ name: "leaked", secret: `imported-${"x".repeat(30)}` }, ada, "k"),
  ];
  for (const clash of clashes) {
    const error = await refusal(clash);
    expect([error.kind, error.param]).toEqual(["conflict", "Idempotency-Key"]);
    expect(error.message).toContain("used for another request");
  }
  expect(seen(house, old)).toBe("leaked");
  expect((await house.keys.create({ note: "", name: "leaked" }, ada, "k")).token).toBeNull();
  await house.keys.rotate("leaked", { overlap: "1h" }, ada, "r");
  await restart();
  expect((await refusal(() => house.keys.rotate("leaked", { overlap: "0" }, ada, "r"))).kind).toBe("conflict");
  await make({ name: "second" });
  expect((await house.keys.rotate("second", { overlap: "0" }, ada, "r")).token).not.toBeNull();
  expect(house.query("select count(*) as n from keys")).toEqual([{ n: 2 }]);
});

test("ending the overlap early refuses the old secret at once", async () => {
  const old = await make({ name: "pilot-agent" });
  const { token } = await house.keys.rotate("pilot-agent", {}, ada);
  await house.keys.endOverlap("pilot-agent", ada);
  expect([seen(house, old), seen(house, token)]).toEqual(["revoked_key", "pilot-agent"]);
  expect((await refusal(() => house.keys.endOverlap("pilot-agent", ada))).kind).toBe("conflict");
});

test("an undone rotation gives the old secret back and kills the new one for good", async () => {
  const old = await make({ name: "pilot-agent" });
  const { token } = await house.keys.rotate("pilot-agent", {}, ada);
  await house.keys.undoRotation("pilot-agent", ada);
  expect([seen(house, old), seen(house, token)]).toEqual(["pilot-agent", "revoked_key"]);
  expect(house.keys.verify(bearer(old), "").retiringUntil).toBeNull();
  await restart();
  expect([seen(house, old), seen(house, token)]).toEqual(["pilot-agent", "revoked_key"]);
});

test("a revoked key is dead with both its secrets, and frees its name", async () => {
  const old = await make({ name: "pilot-agent" });
  const { token } = await house.keys.rotate("pilot-agent", {}, ada);
  const { id } = await house.keys.revoke("pilot-agent", ada);
  await house.keys.revoke(id, ada);
  expect([seen(house, old), seen(house, token)]).toEqual(["revoked_key", "revoked_key"]);
  await make({ name: "pilot-agent" });
  expect((await refusal(() => house.keys.edit(id, { note: "back?" }, ada))).kind).toBe("conflict");
  expect((await refusal(() => house.keys.rotate(id, {}, ada))).kind).toBe("conflict");
});

test("a dead string is not imported again, and a living one not twice", async () => {
  await make({ name: "old", secret: "my-old-gateway-key-x" });
  expect((await refusal(() => make({ name: "twin", secret: "my-old-gateway-key-x" }))).message).toContain("already");
  await house.keys.revoke("old", ada);
  expect((await refusal(() => make({ name: "again", secret: "my-old-gateway-key-x" }))).message).toContain(
    "stays dead",
  );
  await make({ name: "new" });
  expect((await refusal(() => house.keys.rotate("new", { secret: "my-old-gateway-key-x" }, ada))).kind).toBe(
    "conflict",
  );
});

test("a key is switched off and on, renamed and limited, each with an audit row of what changed", async () => {
  const token = await make({ name: "harbour-app" });
  await house.keys.disable("harbour-app", ada);
  expect(seen(house, token)).toBe("disabled_key");
  await house.keys.enable("harbour-app", ada);
  expect(seen(house, token)).toBe("harbour-app");
  await house.keys.edit("harbour-app", { name: "quay-app", usd_per_month: "2.5", models: "glm-4.5*, glm-4.7" }, ada);
  expect(lastAudit()).toEqual({
    action: "key.edit",
    before: JSON.stringify({ name: "harbour-app", models: null, usd_per_month: null }),
    after: JSON.stringify({ name: "quay-app", models: ["glm-4.5*", "glm-4.7"], usd_per_month: 2.5 }),
  });
  await house.keys.edit("quay-app", { usd_per_month: null, models: "" }, ada);
  expect(house.keys.view("quay-app")).toMatchObject({ models: null, limits: { usd_per_month: null } });
});

test("the audit log can be added to, and nothing else", async () => {
  await make({ name: "ada" });
  expect(house.writer.write([{ sql: "update audit_log set actor = 'nobody'", params: [] }])).rejects.toThrow(
    /append-only/,
  );
  expect(house.writer.write([{ sql: "delete from audit_log", params: [] }])).rejects.toThrow(/append-only/);
  expect(house.query("select actor, action, address from audit_log")).toEqual([
    { actor: "admin", action: "key.create", address: "127.0.0.1" },
  ]);
});

test("a change that the database refuses changes nothing in memory either", async () => {
  const token = await make({ name: "ada" });
  await house.writer.write([
    { sql: "create trigger stop before update on keys begin select raise(abort, 'no'); end", params: [] },
  ]);
  expect(house.keys.revoke("ada", ada)).rejects.toThrow();
  expect(house.keys.edit("ada", { name: "eve" }, ada)).rejects.toThrow();
  await Bun.sleep(0);
  expect(seen(house, token)).toBe("ada");
});

test("bad input names its field, and leaves the database as it was", async () => {
  await make({ name: "ada" });
  const bad: [Record<string, unknown>, string][] = [
    [{}, "name"],
    [{ name: "x".repeat(10_000) }, "name"],
    [{ name: "  " }, "name"],
    [{ name: 7 }, "name"],
    [{ name: "a\u0000b" }, "name"],
    [{ name: "ada" }, "name"],
    [{ name: "open" }, "name"],
    [{ name: "b", requests_per_minute: -1 }, "requests_per_minute"],
    [{ name: "b", requests_per_minute: 0 }, "requests_per_minute"],
    [{ name: "b", in_flight: "0" }, "in_flight"],
    [{ name: "b", tokens_per_day: 1.5 }, "tokens_per_day"],
    [{ name: "b", tokens_per_day: "0x10" }, "tokens_per_day"],
    [{ name: "b", usd_per_day: "0x10" }, "usd_per_day"],
    [{ name: "b", usd_per_day: 1e-12 }, "usd_per_day"],
    [{ name: "b", expires_at: "2027-02-30" }, "expires_at"],
    [{ name: "b", expires_at: "2027-04-31T12:00:00Z" }, "expires_at"],
    [{ name: "b", expires_at: "2027-01-31 or so" }, "expires_at"],
    [{ name: "\ud800x" }, "name"],
    [{ name: "a\u202eb" }, "name"],
    [{ name: "a\u2066b" }, "name"],
    [{ name: "b", models: ["glm\u202e-4"] }, "models[0]"],
    [{ name: "1" }, "name"],
    [{ name: " 0042 " }, "name"],
    [{ name: "7", secret: `imported-${"x".repeat(30)}` }, "name"],
    [{ name: "b", usd_per_day: "much" }, "usd_per_day"],
    [{ name: "b", rights: ["root"] }, "rights[0]"],
    [{ name: "b", rights: ["admin", "inference"] }, "rights"],
    [{ name: "b", rights: [] }, "rights"],
    [{ name: "b", networks: ["203.0.113.7/24"] }, "networks[0]"],
    [{ name: "b", networks: ["10.0.0.0/8", "nowhere"] }, "networks[1]"],
    [{ name: "b", models: [""] }, "models[0]"],
    [{ name: "b", models: [] }, "models"],
    [{ name: "b", networks: [] }, "networks"],
    [{ name: "b", expires_at: "yesterday" }, "expires_at"],
    [{ name: "b", expires_at: "2001-01-01" }, "expires_at"],
    [{ name: "b", secret: "short" }, "secret"],
    [{ name: "b", secret: "sk-your-local-key-of-mine" }, "secret"],
    [{ name: "b", request_per_minute: 5 }, "request_per_minute"],
  ];
  for (const [body, param] of bad) expect((await refusal(() => house.keys.create(body, ada))).param).toBe(param);
  expect((await refusal(() => house.keys.rotate("ada", { overlap: "2d" }, ada))).param).toBe("overlap");
  expect((await refusal(() => house.keys.edit("ada", { name: "1" }, ada))).param).toBe("name");
  expect((await refusal(() => house.prices.set("glm-4.6", { input: "0x1", output: 1 }, ada))).param).toBe("input");
  expect((await refusal(() => house.prices.set("glm-4.6", { input: 1, output: 1e-9 }, ada))).param).toBe("output");
  expect((await refusal(() => house.keys.edit("ada", {}, ada))).kind).toBe("invalid_request");
  expect((await refusal(() => house.keys.edit(99, { note: "x" }, ada))).kind).toBe("not_found");
  expect((await refusal(() => house.keys.create([], ada))).kind).toBe("invalid_request");
  expect(house.query("select count(*) as n from keys")).toEqual([{ n: 1 }]);
  expect(house.query("select count(*) as n from audit_log")).toEqual([{ n: 1 }]);
});

test("open is limited and switched off like any key, but neither renamed, rotated nor revoked", async () => {
  const { id } = await house.keys.open([]);
  await house.keys.edit(id, { requests_per_minute: 3 }, ada);
  expect(house.keys.view("open")).toMatchObject({ built_in: true, limits: { requests_per_minute: 3 }, secrets: [] });
  for (const work of [
    () => house.keys.rotate(id, {}, ada),
    () => house.keys.revoke(id, ada),
    () => house.keys.edit(id, { name: "wide" }, ada),
    () => house.keys.edit(id, { rights: ["admin"] }, ada),
  ]) {
    expect((await refusal(work)).kind).toBe("conflict");
  }
  await house.keys.disable(id, ada);
  expect(seen(house, null)).toBe("disabled_key");
});

test("a reminder shows once a secret is older than its owner wants", async () => {
  await make({ name: "ada", rotate_after_days: 30 });
  clock.pass(30 * 24 * hour - 1);
  expect(house.keys.view("ada").rotation_due).toBe(false);
  clock.pass(1);
  expect(house.keys.view("ada").rotation_due).toBe(true);
  expect(house.keys.gauges().rotationDue).toEqual(["ada"]);
  await house.keys.rotate("ada", {}, ada);
  expect(house.keys.view("ada").rotation_due).toBe(false);
});

test("uses of a retiring secret are counted for whoever watches", async () => {
  const old = await make({ name: "pilot-agent" });
  const { token } = await house.keys.rotate("pilot-agent", {}, ada);
  for (const shown of [old, token, old]) seen(house, shown);
  expect(house.keys.gauges()).toEqual({
    keys: { active: 1, disabled: 0, expired: 0, revoked: 0 },
    rotationDue: [],
    retiringUses: [{ name: "pilot-agent", uses: 2 }],
  });
});
