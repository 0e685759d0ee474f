import { afterEach, beforeEach, expect, test } from "bun:test";
import { sessionCookie, shownSession } from "~/keys/cookie.ts";
import { type HeldClock, holdClock } from "../helpers/clock.ts";
import { ada, type House, openHouse, scratchFolder } from "./house.ts";

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

const password = "correct horse battery";
const cookie = (id: string) => new Headers({ cookie: `theme=dark; ${sessionCookie(id, false).split(";")[0]}` });
const from = (address: string) => ({ ...ada, address });
const kind = (promise: Promise<unknown>) =>
  promise.then(
    () => "signed in",
    (error) => error.kind as string,
  );

async function restart(configured: string | null) {
  await house.close();
  house = await openHouse(folder.path, clock);
  return house.admin.settle(configured);
}

test("the right password opens a session that survives a restart; sign-out ends it", async () => {
  await house.admin.settle(password);
  const id = await house.admin.signIn(password, ada);
  expect(house.admin.session(cookie(id))).toBe(id);
  expect(house.admin.session(cookie(`${id.slice(1)}A`))).toBeNull();
  expect(house.admin.session(new Headers())).toBeNull();
  await restart(password);
  expect(house.admin.session(cookie(id))).toBe(id);
  await house.admin.signOut(id, ada);
  expect(house.admin.session(cookie(id))).toBeNull();
});

test("sessions end after 12 hours of silence and after 7 days in any case", async () => {
  await house.admin.settle(password);
  const idle = await house.admin.signIn(password, ada);
  const busy = await house.admin.signIn(password, ada);
  for (let hour = 0; hour < 7 * 24; hour += 8) {
    expect(house.admin.session(cookie(busy))).toBe(busy);
    clock.pass(8 * 3_600_000);
  }
  expect(house.admin.session(cookie(busy))).toBeNull();
  expect(house.admin.session(cookie(idle))).toBeNull();
  await house.admin.saveSessions();
  expect(house.query("select count(*) as left from sessions")).toEqual([{ left: 0 }]);
});

test("a changed ADMIN_PASSWORD holds from the next start on and ends all sessions", async () => {
  await house.admin.settle(password);
  const id = await house.admin.signIn(password, ada);
  const { lines } = await restart(`${password} staple`);
  expect(lines[0]?.en).toContain("has changed");
  expect(house.admin.session(cookie(id))).toBeNull();
  expect(await kind(house.admin.signIn(password, ada))).toBe("forbidden");
  expect(await kind(house.admin.signIn(`${password} staple`, ada))).toBe("signed in");
});

test("a password set by hand is not undone by an ADMIN_PASSWORD that says nothing new", async () => {
  await house.admin.settle(password);
  const id = await house.admin.signIn(password, ada);
  const made = await house.admin.resetPassword(null, ada);
  expect(house.admin.session(cookie(id))).toBeNull();
  await restart(password);
  expect(await kind(house.admin.signIn(password, ada))).toBe("forbidden");
  expect(await kind(house.admin.signIn(made!, ada))).toBe("signed in");
});

test("sign-out everywhere ends every session", async () => {
  await house.admin.settle(password);
  const one = await house.admin.signIn(password, ada);
  const two = await house.admin.signIn(password, ada);
  await house.admin.signOutEverywhere(ada);
  expect([one, two].map((id) => house.admin.session(cookie(id)))).toEqual([null, null]);
});

test("wrong passwords are counted by address, and lock out even the right one for a while", async () => {
  await house.admin.settle(password);
  for (let i = 0; i < 6; i++)
    expect(await kind(house.admin.signIn("wrong password", from("198.51.100.7")))).toBe("forbidden");
  expect(await kind(house.admin.signIn(password, from("198.51.100.7")))).toBe("too_many_requests");
  expect(await kind(house.admin.signIn(password, from("203.0.113.9")))).toBe("signed in");
  clock.pass(1_000);
  expect(await kind(house.admin.signIn(password, from("198.51.100.7")))).toBe("signed in");
  const refused = house.query("SELECT actor, address FROM audit_log WHERE action = 'session.refuse'");
  expect(refused).toEqual(Array(6).fill({ actor: "stranger", address: "198.51.100.7" }));
});

test("a crowd that guesses makes strangers wait, and not the owner where he has signed in before", async () => {
  await house.admin.settle(password);
  expect(await kind(house.admin.signIn(password, from("203.0.113.9")))).toBe("signed in");
  const crowd = Array.from({ length: 60 }, (_, at) => from(`198.51.100.${at}`));
  for (const guesser of crowd) await kind(house.admin.signIn("x".repeat(2000), guesser));
  expect(await kind(house.admin.signIn(password, from("192.0.2.77")))).toBe("too_many_requests");
  expect(await kind(house.admin.signIn(password, from("203.0.113.9")))).toBe("signed in");
  clock.pass(5_000);
  expect(await kind(house.admin.signIn(password, from("192.0.2.77")))).toBe("signed in");
});

test("a change needs the session's own token and a page of ours", async () => {
  await house.admin.settle(password);
  const id = await house.admin.signIn(password, ada);
  const other = await house.admin.signIn(password, ada);
  const token = house.admin.csrf(id);
  const ours = new Headers({ "sec-fetch-site": "same-origin" });
  const older = new Headers({ origin: "http://zgate.example:9090", host: "zgate.example:9090" });
  house.admin.requireOwnPage(ours, id, token);
  house.admin.requireOwnPage(older, id, token);
  const refused: [Headers, string][] = [
    [ours, house.admin.csrf(other)],
    [ours, ""],
    [new Headers({ "sec-fetch-site": "same-site" }), token],
    [new Headers({ "sec-fetch-site": "cross-site", origin: "http://zgate.example", host: "zgate.example" }), token],
    [new Headers({ origin: "http://evil.example", host: "zgate.example" }), token],
    [new Headers({ origin: "null", host: "zgate.example" }), token],
    [new Headers(), token],
  ];
  for (const [headers, shown] of refused)
    expect(() => house.admin.requireOwnPage(headers, id, shown)).toThrow(/did not come/);
});

test("the cookie is closed to scripts and other sites, and to plain HTTP where there is TLS", () => {
  expect(sessionCookie("abc", false)).toBe("zgate_session=abc; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax");
  expect(sessionCookie("abc", true)).toStartWith("__Host-zgate_session=abc; Path=/;");
  expect(sessionCookie("abc", true)).toEndWith("; Secure");
  expect(shownSession(new Headers({ cookie: "__Host-zgate_session=abc" }))).toBe("abc");
});

test("the database holds neither password nor session", async () => {
  await house.admin.settle(password);
  const id = await house.admin.signIn(password, ada);
  await house.close();
  const bytes = await Bun.file(`${folder.path}/zgate.db`).text();
  expect(bytes).toContain("$argon2id$");
  expect(bytes).not.toContain(password);
  expect(bytes).not.toContain(id);
  house = await openHouse(folder.path, clock);
});
