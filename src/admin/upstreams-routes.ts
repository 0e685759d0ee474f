import type { AnyElysia } from "elysia";
import { flag, listOf, object, orNull, ref, type Schema, text, whole } from "~/docs/schema.ts";
import {
  type Supplied,
  type UpstreamCommand,
  type UpstreamCommandName,
  upstreamCommands,
} from "~/gateway/upstream-commands.ts";
import { dialects } from "~/upstreams/upstream.ts";
import { type CommandRoutes, createCommandRoutes, type Route } from "./command-routes.ts";

const ranking: Record<string, Schema> = {
  name: { type: "string", minLength: 1, maxLength: 60 },
  priority: { type: "integer", minimum: 0, maximum: 1000, default: 10, description: "Smaller ones are asked first" },
  weight: { type: "integer", minimum: 1, maximum: 1000, default: 1, description: "Twice the weight, twice the load" },
  models: {
    type: ["array", "null"],
    items: { type: "string" },
    description: "Models to ask it for, * for any characters; null: all that it knows",
  },
};

const address: Record<string, Schema> = {
  url: { type: "string", description: "A base (https://api.z.ai/api/paas/v4) or the full completions address" },
  dialect: { enum: ["auto", ...dialects], default: "auto", description: "auto tells by the address" },
  accept_coding_plan_terms: {
    type: "boolean",
    description: "Needed for a GLM Coding Plan's base: its terms name the tools that may use it",
  },
};

const inFlight: Schema = {
  type: ["object", "integer", "null"],
  additionalProperties: { type: "integer", minimum: 1 },
  description: 'Requests in flight at a time by model: {"glm-4.7": 1, "*": 3}; null: no limit',
};

const token: Schema = { type: "string", description: "The secret: kept encrypted, shown as a hint only" };

const probe: Schema = {
  type: "boolean",
  default: true,
  description: "Whether the address is asked for its models first",
};

const newUpstream: Schema = {
  type: "object",
  required: ["name", "url"],
  properties: {
    ...ranking,
    ...address,
    token,
    credential: { type: "string", default: "main", description: "What the first credential is called" },
    in_flight: inFlight,
    probe,
  },
};

const newCredential: Schema = {
  type: "object",
  required: ["name", "token"],
  properties: { ...ranking, token, in_flight: inFlight },
};

const rotation: Schema = {
  type: "object",
  required: ["token"],
  properties: {
    token,
    overlap: {
      enum: ["0", "1h", "24h", "7d", "30d"],
      default: "24h",
      description: "How long the old secret helps out where the new one is refused",
    },
  },
};

const routes: readonly Route<UpstreamCommandName>[] = [
  {
    method: "GET",
    path: "/upstreams",
    command: "upstreams.list",
    answer: listOf("Upstream"),
    summary: "All upstreams and their credentials",
  },
  {
    method: "POST",
    path: "/upstreams",
    command: "upstreams.add",
    answer: object({ upstream: ref("Upstream"), notice: orNull(text()) }),
    summary: "Add an upstream; its address is tried first",
    body: newUpstream,
  },
  {
    method: "GET",
    path: "/upstreams/health",
    command: "upstreams.health",
    answer: ref("Fleet"),
    summary: "How each account does: in flight, queue, errors, rests, quota",
  },
  {
    method: "POST",
    path: "/upstreams/test",
    command: "upstreams.test",
    answer: listOf("AccountTest"),
    summary: "Test all accounts, one after the other",
  },
  {
    method: "GET",
    path: "/upstreams/:upstream",
    command: "upstreams.show",
    answer: ref("Upstream"),
    summary: "One upstream",
  },
  {
    method: "PATCH",
    path: "/upstreams/:upstream",
    command: "upstreams.edit",
    answer: ref("Upstream"),
    summary: "Rename, move, rank",
    body: { type: "object", properties: { ...ranking, ...address, probe } },
  },
  {
    method: "DELETE",
    path: "/upstreams/:upstream",
    command: "upstreams.remove",
    answer: object({ removed: flag() }),
    summary: "Remove it and its secrets",
  },
  {
    method: "POST",
    path: "/upstreams/:upstream/disable",
    command: "upstreams.disable",
    answer: ref("Upstream"),
    summary: "Switch it off for now",
  },
  {
    method: "POST",
    path: "/upstreams/:upstream/enable",
    command: "upstreams.enable",
    answer: ref("Upstream"),
    summary: "Switch it on again",
  },
  {
    method: "POST",
    path: "/upstreams/:upstream/test",
    command: "upstreams.test",
    answer: listOf("AccountTest"),
    summary: "Test its accounts: DNS, TLS, credential, model, one stream",
  },
  {
    method: "POST",
    path: "/upstreams/:upstream/wake",
    command: "upstreams.wake",
    answer: object({ woken: whole("Accounts") }),
    summary: "End the rests of its accounts",
  },
  {
    method: "POST",
    path: "/upstreams/:upstream/credentials",
    command: "credentials.add",
    answer: ref("Credential"),
    summary: "Add a credential",
    body: newCredential,
  },
  {
    method: "PATCH",
    path: "/credentials/:credential",
    command: "credentials.edit",
    answer: ref("Credential"),
    summary: "Rename, rank, limit",
    body: { type: "object", properties: { ...ranking, in_flight: inFlight } },
  },
  {
    method: "DELETE",
    path: "/credentials/:credential",
    command: "credentials.remove",
    answer: object({ removed: flag() }),
    summary: "Remove it and its secret",
  },
  {
    method: "POST",
    path: "/credentials/:credential/disable",
    command: "credentials.disable",
    answer: ref("Credential"),
    summary: "Switch it off",
  },
  {
    method: "POST",
    path: "/credentials/:credential/enable",
    command: "credentials.enable",
    answer: ref("Credential"),
    summary: "Switch it on again",
  },
  {
    method: "POST",
    path: "/credentials/:credential/rotate",
    command: "credentials.rotate",
    answer: ref("Credential"),
    summary: "Give it a new secret; the old one helps out for the overlap",
    body: rotation,
  },
  {
    method: "POST",
    path: "/credentials/:credential/end-overlap",
    command: "credentials.end-overlap",
    answer: ref("Credential"),
    summary: "Forget the old secret",
  },
  {
    method: "POST",
    path: "/credentials/:credential/undo-rotation",
    command: "credentials.undo-rotation",
    answer: ref("Credential"),
    summary: "Go back to the old secret",
  },
];

/** Every command about upstreams and credentials, as the owner's other commands have it. */
export function createUpstreamsRoutes(parts: CommandRoutes & { supplied: Supplied }): AnyElysia {
  return createCommandRoutes("admin-upstreams", routes, parts, (name, args, who) => {
    const command: UpstreamCommand = upstreamCommands[name];
    return command(parts.supplied, args, who);
  });
}
