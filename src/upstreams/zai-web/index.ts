import type { Dialect } from "../upstream.ts";
import { askGuest, askModels, readGuest } from "./ask.ts";
import { chatDoor } from "./chat.ts";
import { failure } from "./failure.ts";
import { resolveWebModel, webModels } from "./models.ts";

/**
 * chat.z.ai as its web page uses it, for those who have no API key: an adapter apart, breakable alone. It does not
 * imitate the page's signature, solve captchas or create accounts.
 */
export const zaiWeb: Dialect = {
  name: "zai-web",
  models: webModels,
  resolve: resolveWebModel,
  chat: chatDoor,
  formats: "none",
  failure,
  modelList: askModels,
  guest: { ask: askGuest, read: readGuest },
};
