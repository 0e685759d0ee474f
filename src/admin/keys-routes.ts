import type { AnyElysia } from "elysia";
import { flag, list, listOf, object, orNull, ref, whole } from "~/docs/schema.ts";
import { type Owned, type OwnerCommand, type OwnerCommandName, ownerCommands } from "~/keys/owner.ts";
import { type CommandRoutes, createCommandRoutes, type Route } from "./command-routes.ts";
import { blockSchema, keyChangeSchema, newKeySchema, pauseSchema, priceSchema, rotationSchema } from "./describe.ts";

const routes: readonly Route<OwnerCommandName>[] = [
  {
    method: "GET",
    path: "/keys",
    command: "keys.list",
    answer: listOf("Key"),
    summary: "All keys; with ?all=true the revoked ones as well",
    query: ["all"],
  },
  {
    method: "POST",
    path: "/keys",
    command: "keys.create",
    answer: ref("IssuedKey"),
    summary: "Make a key, or import one. Its secret is shown once",
    body: newKeySchema,
    isIdempotent: true,
  },
  { method: "GET", path: "/keys/:key", command: "keys.show", answer: ref("Key"), summary: "One key" },
  {
    method: "PATCH",
    path: "/keys/:key",
    command: "keys.edit",
    answer: ref("Key"),
    summary: "Rename, limit, expire",
    body: keyChangeSchema,
  },
  {
    method: "POST",
    path: "/keys/:key/disable",
    command: "keys.disable",
    answer: ref("Key"),
    summary: "Switch a key off for now",
  },
  {
    method: "POST",
    path: "/keys/:key/enable",
    command: "keys.enable",
    answer: ref("Key"),
    summary: "Switch it on again",
  },
  {
    method: "POST",
    path: "/keys/:key/rotate",
    command: "keys.rotate",
    answer: ref("IssuedKey"),
    summary: "Give a key a new secret; the old one lives on for the overlap",
    body: rotationSchema,
    isIdempotent: true,
  },
  {
    method: "GET",
    path: "/keys/:key/use",
    command: "keys.use",
    answer: listOf("SecretUse"),
    summary: "Who used each of its living secrets in the last hour",
  },
  {
    method: "POST",
    path: "/keys/:key/end-overlap",
    command: "keys.end-overlap",
    answer: ref("Key"),
    summary: "Refuse the old secret from now on",
  },
  {
    method: "POST",
    path: "/keys/:key/undo-rotation",
    command: "keys.undo-rotation",
    answer: ref("Key"),
    summary: "Take a rotation back: the new secret is dead",
  },
  {
    method: "POST",
    path: "/keys/:key/revoke",
    command: "keys.revoke",
    answer: ref("Key"),
    summary: "End a key and all its secrets, for good",
  },

  { method: "GET", path: "/pause", command: "gate.show", answer: ref("Pause"), summary: "Whether inference is paused" },
  {
    method: "PUT",
    path: "/pause",
    command: "gate.pause",
    answer: ref("Pause"),
    summary: "Pause all inference",
    body: pauseSchema,
  },
  { method: "DELETE", path: "/pause", command: "gate.resume", answer: ref("Pause"), summary: "Let inference go on" },
  {
    method: "GET",
    path: "/blocked",
    command: "gate.blocked",
    answer: listOf("Block"),
    summary: "Blocked addresses and networks",
  },
  {
    method: "POST",
    path: "/blocked",
    command: "gate.block",
    answer: ref("Block"),
    summary: "Block an address or a network",
    body: blockSchema,
  },
  {
    method: "DELETE",
    path: "/blocked",
    command: "gate.unblock",
    answer: listOf("Block"),
    summary: "Let it in again",
    query: ["network"],
  },

  { method: "GET", path: "/prices", command: "prices.list", answer: listOf("Price"), summary: "What models cost" },
  {
    method: "PUT",
    path: "/prices/:model",
    command: "prices.set",
    answer: ref("Price"),
    summary: "Set a model's price",
    body: priceSchema,
  },
  {
    method: "DELETE",
    path: "/prices/:model",
    command: "prices.reset",
    answer: listOf("Price"),
    summary: "Back to the price that zgate ships",
  },

  {
    method: "GET",
    path: "/audit",
    command: "audit.list",
    answer: object({ data: list(ref("AuditEntry")), next_before: orNull(whole("`?before=` of the next page")) }),
    summary: "Who changed what, newest first",
    query: ["limit", "before"],
  },
  {
    method: "POST",
    path: "/sign-out-everywhere",
    command: "admin.sign-out-everywhere",
    answer: object({ signed_out: flag() }),
    summary: "End all sessions",
  },
];

/** Every owner's command about keys, prices and the gate. */
export function createKeysRoutes(parts: CommandRoutes & { owned: Owned }): AnyElysia {
  return createCommandRoutes("admin-api", routes, parts, (name, args, who) => {
    const command: OwnerCommand = ownerCommands[name];
    return command(parts.owned, args, who);
  });
}
