import { Html } from "@elysiajs/html";
import { Lines } from "~/ui/copy.tsx";
import type { View } from "../view.ts";

interface Client {
  name: string;
  /** What to write where, for a gateway at that origin. `docs/clients/` says more about each. */
  settings(origin: string, model: string): string;
}

const clients: readonly Client[] = [
  {
    name: "OpenAI SDK · Python",
    settings: (origin, model) =>
      [
        "from openai import OpenAI",
        "",
        `client = OpenAI(base_url="${origin}/v1", api_key="YOUR_KEY")`,
        `client.chat.completions.create(model="${model}", messages=[{"role": "user", "content": "Hello"}])`,
      ].join("\n"),
  },
  {
    name: "OpenAI SDK · JavaScript",
    settings: (origin, model) =>
      [
        'import OpenAI from "openai";',
        "",
        `const client = new OpenAI({ baseURL: "${origin}/v1", apiKey: "YOUR_KEY" });`,
        `await client.chat.completions.create({ model: "${model}", messages: [{ role: "user", content: "Hello" }] });`,
      ].join("\n"),
  },
  {
    name: "Claude Code",
    settings: (origin) =>
      [`export ANTHROPIC_BASE_URL=${origin}`, "export ANTHROPIC_AUTH_TOKEN=YOUR_KEY", "claude"].join("\n"),
  },
  {
    name: "Codex · ~/.codex/config.toml",
    settings: (origin, model) =>
      [
        `model = "${model}"`,
        'model_provider = "zgate"',
        "",
        "[model_providers.zgate]",
        'name = "zgate"',
        `base_url = "${origin}/v1"`,
        'env_key = "ZGATE_KEY"',
        'wire_api = "responses"',
      ].join("\n"),
  },
  {
    name: "Cherry Studio · LobeChat · Open WebUI · Cline",
    settings: (origin, model) =>
      ["Provider: OpenAI compatible", `Base URL: ${origin}/v1`, "API key: YOUR_KEY", `Model: ${model}`].join("\n"),
  },
];

/** What to write into a chosen client, with this gateway's own address in it. */
export function ClientSettings({ view: { say, origin }, model }: { view: View; model: string }) {
  return (
    <div class="clients">
      {clients.map(({ name, settings }) => (
        <details>
          <summary safe>{name}</summary>
          <Lines text={settings(origin, model)} say={say} />
        </details>
      ))}
    </div>
  );
}
