import { isGuest } from "./faces/web.ts";
import type { Exchange } from "./http.ts";
import { officialModels, type SimulatedModel, webModels } from "./models.ts";
import { json, type Whole } from "./trouble.ts";

/** What the simulated upstreams answer when nobody asks for words. */
export const lists = {
  /** Vision models are callable and not listed, as with the real one. */
  official: (): Whole => openaiList(officialModels.filter((model) => !model.sees).map((model) => model.id)),
  plain: (): Whole => openaiList(["glm-4.5", "glm-4.7", "small-model"]),
  web: (): Whole => json(200, { data: webModels.map(webRow) }),
  /** How many tokens a prompt has: a number that grows with it. */
  tokens: (exchange: Exchange): Whole => json(200, { input_tokens: Math.ceil(exchange.body.length / 4) }),
  identity,
  /** Whatever is said into it, it hears the same question. */
  transcript(exchange: Exchange): Whole {
    const body = exchange.body.toString("latin1");
    const isForm = /^multipart\/form-data; boundary=/.test(exchange.header("content-type") ?? "");
    if (!isForm || !body.includes("glm-asr-2512") || !/name="file"; filename="/.test(body)) {
      return json(400, { error: { code: "1214", message: "The form must hold a model and a file" } });
    }
    return json(200, { id: "asr-1", created: 1_766_000_000, model: "glm-asr-2512", text: "What is 7 + 5?" });
  },
  upload: (): Whole => {
    const meta = { name: "cat.png", content_type: "image/png", size: 1234, data: {} };
    const stamps = { created_at: 1_766_000_000, updated_at: 1_766_000_000 };
    return json(200, { id: "f-1", user_id: "u-1", hash: null, filename: "f-1_cat.png", data: {}, meta, ...stamps });
  },
};

function openaiList(ids: string[]): Whole {
  const data = ids.map((id) => ({ id, object: "model", created: 1_753_600_000, owned_by: "z-ai" }));
  return json(200, { object: "list", data });
}

function webRow({ id, name, sees }: SimulatedModel): object {
  const openai = { id, name: id, owned_by: "openai", openai: { id }, urlIdx: 1 };
  const capabilities = { vision: sees, citations: false, web_search: false, mcp: true, think: true };
  const meta = { profile_image_url: "/static/favicon.png", description: name, hidden: false, capabilities };
  const stamps = { created_at: 1_753_600_000, updated_at: 1_753_600_000 };
  const params = { top_p: 0.95, temperature: 0.6, max_tokens: 80_000 };
  const info = { id, user_id: "u-1", base_model_id: null, name, params, meta, is_active: true, ...stamps };
  return { id, name, owned_by: "openai", openai, urlIdx: 1, info };
}

/** Without a bearer a new guest is made; with one, its owner is told. */
function identity(exchange: Exchange, token: string): Whole {
  const bearer = exchange.header("authorization")?.replace(/^Bearer /, "") ?? null;
  const name = bearer === null || isGuest(bearer) ? "Guest" : "Marin";
  return json(200, {
    id: "6c0f4a52-0000-4000-8000-000000000001",
    email: name === "Guest" ? "Guest-1@guest.com" : "marin@example.com",
    name,
    role: name === "Guest" ? "guest" : "user",
    profile_image_url: "/user.png",
    idp: "z.ai",
    token: bearer ?? token,
    token_type: "Bearer",
    expires_at: null,
    permissions: {},
  });
}
