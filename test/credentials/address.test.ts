import { expect, test } from "bun:test";
import { createPublicLookup, refusePrivate, requireTermsAccepted } from "~/credentials/address.ts";
import { chooseUpstream } from "~/upstreams/choose.ts";
import { holdClock } from "../helpers/clock.ts";

const resolve = (table: Record<string, string[]>) => async (host: string) => {
  const found = table[host];
  if (!found) throw new Error("no such host");
  return found;
};
const names = resolve({
  "api.example": ["203.0.113.7", "2001:db8::7"],
  "sly.example": ["203.0.113.7", "10.0.0.5"],
  "mapped.example": ["::ffff:127.0.0.1"],
});

const privateOnes = [
  "http://127.0.0.1:8000/v1",
  "http://127.1/v1",
  "http://2130706433/v1",
  "http://0x7f000001/v1",
  "http://0/v1",
  "http://10.1.2.3/v1",
  "http://172.31.0.1/v1",
  "http://192.168.1.1/v1",
  "http://169.254.169.254/latest",
  "http://100.100.100.200/v1",
  "http://[::1]/v1",
  "http://[::]/v1",
  "http://[::ffff:10.0.0.1]/v1",
  "http://[64:ff9b::a00:1]/v1",
  "http://[fd00::1]/v1",
  "http://[fe80::1]/v1",
  "http://localhost/v1",
  "http://LOCALHOST./v1",
  "http://models.internal/v1",
  "http://nas.local/v1",
  "http://sly.example/v1",
  "http://mapped.example/v1",
];
test.each(privateOnes)("%s lies in a private network", async (url) => {
  await expect(refusePrivate(url, names)).rejects.toMatchObject({ kind: "invalid_request", param: "url" });
});

test.each(["https://api.example/v1", "https://203.0.113.7/v1", "https://[2001:db8::1]/v1"])(
  "%s does not",
  async (url) => {
    await refusePrivate(url, names);
  },
);

test("a name without an address is refused, unless names are a proxy's business", async () => {
  await expect(refusePrivate("https://nobody.example/v1", names)).rejects.toThrow("has no address (DNS)");
  await refusePrivate("https://nobody.example/v1", null);
  await expect(refusePrivate("http://127.0.0.1/v1", null)).rejects.toThrow("private network");
});

test("a name that was public when its upstream was saved is looked at again, and given up when it turns inwards", async () => {
  const clock = holdClock();
  let leadsTo = ["203.0.113.7"];
  let asked = 0;
  const lookUp = createPublicLookup(async () => {
    asked++;
    return leadsTo;
  }, clock);
  expect(await lookUp("sly.example")).toEqual(["203.0.113.7"]);
  leadsTo = ["203.0.113.7", "169.254.169.254"];
  // What was looked up is what is dialled, so a name that turns meanwhile gains nothing.
  expect([await lookUp("sly.example"), asked]).toEqual([["203.0.113.7"], 1]);
  clock.pass(30_000);
  await expect(lookUp("sly.example")).rejects.toMatchObject({ code: "PRIVATE_ADDRESS" });
  for (const host of ["10.0.0.1", "fe80::1%eth0", "localhost"])
    await expect(lookUp(host)).rejects.toMatchObject({ code: "PRIVATE_ADDRESS" });
  expect(await lookUp("203.0.113.9")).toEqual(["203.0.113.9"]);
});

test("a coding plan's base needs its terms accepted, and quotes them", () => {
  const choose = (url: string) => chooseUpstream({ url, dialect: "auto", token: null });
  const plan = choose("https://api.z.ai/api/coding/paas/v4");
  expect(() => requireTermsAccepted(plan, false)).toThrow("officially supported tools");
  requireTermsAccepted(plan, true);
  requireTermsAccepted(choose("https://api.z.ai/api/paas/v4"), false);
});
