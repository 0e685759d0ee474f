import type { AnyElysia } from "elysia";
import { type CaptureCommand, type CaptureCommandName, captureCommands, type Kept } from "~/capture/commands.ts";
import { object, ref, whole } from "~/docs/schema.ts";
import { type CommandRoutes, createCommandRoutes, type Route } from "./command-routes.ts";

const routes: readonly Route<CaptureCommandName>[] = [
  {
    method: "GET",
    path: "/captures",
    command: "captures.list",
    summary: "How much is kept of what each captured key says, and by which rules",
    answer: ref("Captures"),
  },
  {
    method: "GET",
    path: "/captures/:request",
    command: "captures.show",
    summary: "What was said in a request, by its id, where it was kept. Each look is in the audit log",
    answer: ref("Capture"),
  },
  {
    method: "DELETE",
    path: "/keys/:key/captures",
    command: "captures.delete",
    summary: "Delete all that is kept of what a key said, for good",
    answer: object({ deleted: whole("Requests whose bodies were kept") }),
  },
];

/** Kept bodies, for an admin key or a signed-in admin. */
export function createCapturesRoutes(parts: CommandRoutes & { kept: Kept }): AnyElysia {
  return createCommandRoutes("captures-api", routes, parts, (name, args, who) => {
    const command: CaptureCommand = captureCommands[name];
    return command(parts.kept, args, who);
  });
}
