import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { pixel, world } from "../helpers/world.ts";

const faces = ["zai", "web", "openai"] as const;
type Face = (typeof faces)[number];

/** What becomes of a part: it arrives as it was sent, its words do, or a sentence names it and its format. */
type Fate = "passes" | "is read" | RegExp;

interface Format {
  part: object;
  fates: Record<Face, Fate>;
}

const dataUrl = (mime: string, bytes: string) =>
  `data:${mime};base64,${Buffer.from(bytes, "latin1").toString("base64")}`;
const everywhere = (fate: Fate): Record<Face, Fate> => ({ zai: fate, web: fate, openai: fate });
const butNotZai = (fate: RegExp): Record<Face, Fate> => ({ ...everywhere("passes"), zai: fate });
const image = (url: string) => ({ type: "image_url", image_url: { url } });
const video = (url: string) => ({ type: "video_url", video_url: { url } });
const document = (url: string) => ({ type: "document_url", document_url: { url } });
const audio = (url: string) => ({ type: "audio_url", audio_url: { url } });
const file = (filename: string, file_data: string) => ({ type: "file", file: { filename, file_data } });
const speech = (format: string) => ({ type: "input_audio", input_audio: { data: btoa("RIFF....WAVE"), format } });

const office = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const words = "High water at nine.";
const text = { zai: "is read", web: "is read", openai: "passes" } as const;

/** Every format that the older systems name, as data and by an address. */
const formats: Record<string, Format> = {
  "a JPEG": { part: image(dataUrl("image/jpeg", "\xff\xd8\xff\xe0....")), fates: everywhere("passes") },
  "a JPEG by the older name of its kind": {
    part: image(dataUrl("image/jpg", "\xff\xd8\xff\xe0....")),
    fates: everywhere("passes"),
  },
  "a PNG": { part: image(pixel), fates: everywhere("passes") },
  "a GIF": { part: image(dataUrl("image/gif", "GIF89a.....")), fates: butNotZai(/image\/gif.*JPEG and PNG/) },
  "a WebP": { part: image(dataUrl("image/webp", "RIFF....WEBPVP8 ")), fates: butNotZai(/image\/webp.*JPEG and PNG/) },
  "a picture by its address": { part: image("https://harbour.example/a.webp"), fates: everywhere("passes") },
  "a page that says it is a picture": {
    part: image(dataUrl("image/png", "<svg onload=alert(1)>")),
    fates: everywhere(/not the image that it says it is/),
  },
  "an MP4": { part: video(dataUrl("video/mp4", "....ftypmp42")), fates: everywhere("passes") },
  "a MOV": { part: video(dataUrl("video/quicktime", "....ftypqt  ")), fates: everywhere("passes") },
  "an AVI": {
    part: video(dataUrl("video/x-msvideo", "RIFF....AVI ")),
    fates: butNotZai(/video\/avi.*MP4, MKV and MOV/),
  },
  "a film by its address": { part: video("https://harbour.example/a.avi"), fates: everywhere("passes") },
  "a PDF": { part: document(dataUrl("application/pdf", "%PDF-1.7")), fates: butNotZai(/application\/pdf.*by an http/) },
  "a PDF in OpenAI's words": {
    part: file("a.pdf", dataUrl("application/pdf", "%PDF-1.7")),
    fates: butNotZai(/application\/pdf.*by an http/),
  },
  "a DOC": {
    part: document(dataUrl("application/msword", "\xd0\xcf\x11\xe0")),
    fates: butNotZai(/msword.*by an http/),
  },
  "a DOCX": { part: document(dataUrl(office, "PK..")), fates: butNotZai(/wordprocessingml.*by an http/) },
  "a TXT": { part: document(dataUrl("text/plain", words)), fates: text },
  "a TXT in OpenAI's words": { part: file("a.txt", dataUrl("text/plain", words)), fates: text },
  "a document by its address": { part: document("https://harbour.example/a.doc"), fates: everywhere("passes") },
  "a WAV": { part: speech("wav"), fates: { ...everywhere("passes"), zai: "is read" } },
  "an MP3": { part: speech("mp3"), fates: { ...everywhere("passes"), zai: "is read" } },
  "an MP3 as a data address": {
    part: audio(dataUrl("audio/mpeg", "ID3.....")),
    fates: { ...everywhere("passes"), zai: "is read" },
  },
  "an AAC": {
    part: audio(dataUrl("audio/aac", "\xff\xf1......")),
    fates: butNotZai(/audio\/aac.*audio\/wav and audio\/mp3/),
  },
  "audio by its address": { part: audio("https://harbour.example/a.mp3"), fates: butNotZai(/fetches none/) },
};

/** Where the payload of a part stands, whatever the part is called on the way. */
const payloadOf = (part: object): string =>
  Object.values(part)
    .flatMap((held: string | Record<string, string>) =>
      typeof held === "string" ? [] : (held.url ?? held.data ?? held.file_data ?? []),
    )
    .join();

for (const face of faces) {
  describe(`to the ${face} upstream`, () => {
    let app: App;
    beforeAll(async () => {
      app = await startApp({ face, env: { ZAI_TOKEN: "harbour-user-token", LANG: "zh_CN.UTF-8" } });
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());

    for (const [name, { part, fates }] of Object.entries(formats)) {
      const fate = fates[face];
      test(`${name} ${fate instanceof RegExp ? "is refused by its name" : fate}`, async () => {
        const messages = [
          { role: "system", content: "Look." },
          { role: "user", content: [{ type: "text", text: "What is this?" }, part] },
        ];
        const answer = await app.send("/v1/chat/completions", { model: world.models.seeing, messages });
        const { error } = (await answer.json()) as { error?: Record<string, string> };
        const asked = app.simulator.requests().filter(({ kind }) => kind === "chat");
        const told = JSON.stringify(asked.map(({ body }) => (body as { messages: unknown }).messages));
        if (fate instanceof RegExp) {
          expect([answer.status, error?.param, error?.message]).toEqual([
            400,
            "messages[1].content[1]",
            expect.stringMatching(fate),
          ]);
          expect(asked).toEqual([]);
        } else {
          expect([answer.status, error]).toEqual([200, undefined]);
          expect(told.includes(payloadOf(part))).toBe(fate === "passes");
          if (payloadOf(part).includes(btoa(words)) && fate === "is read") expect(told).toContain(words);
        }
        expect(app.simulator.violations()).toEqual([]);
        expect(app.log.join("")).toContain("消息[1] ");
      });
    }
  });
}

/** A picture where translation moves it: behind a system prompt, and out of a tool's result. */
const [, data] = pixel.split(",");
const seen = { type: "image", source: { type: "base64", media_type: "image/png", data } };
const moved: Record<string, { path: string; body: object; lines: string[] }> = {
  messages: {
    path: "/v1/messages",
    body: {
      max_tokens: 500,
      system: "Look.",
      messages: [
        { role: "user", content: [{ type: "text", text: "Call." }, seen] },
        { role: "assistant", content: [{ type: "tool_use", id: "a", name: "look", input: {} }] },
        {
          role: "user",
          content: [
            { type: "text", text: "Here:" },
            { type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: "It:" }, seen] },
          ],
        },
      ],
    },
    lines: ["🖼️ 消息[0] 图像[1]", "🖼️ 消息[2] 图像[1.1]"],
  },
  responses: {
    path: "/v1/responses",
    body: {
      instructions: "Look.",
      input: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: [{ type: "input_image", image_url: pixel }] },
        { type: "function_call", call_id: "a", name: "look", arguments: "{}" },
        { type: "function_call_output", call_id: "a", output: [{ type: "input_image", image_url: pixel }] },
      ],
    },
    lines: ["🖼️ 消息[1] 图像[0]", "🖼️ 消息[3] 图像[0]"],
  },
};

for (const face of faces) {
  test(`the log counts what the client has sent, and not what ${face} is told`, async () => {
    const app = await startApp({ face, env: { ZAI_TOKEN: "harbour-user-token", LANG: "zh_CN.UTF-8" } });
    try {
      for (const { path, body, lines } of Object.values(moved)) {
        const before = app.log.length;
        const answer = await app.send(path, { model: world.models.seeing, ...body });
        expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
        const events = app.log.slice(before).map((line) => JSON.parse(line));
        const parts = events.filter(({ event }) => event === "multimodal.part");
        expect(parts.map(({ message }) => message)).toEqual(lines);
        expect(events.find(({ event }) => event === "multimodal.count")).toMatchObject({ total: 2, image: 2 });
        expect(app.log.join("")).not.toContain(data!.slice(-40));
      }
    } finally {
      await app.stop();
    }
  });
}
