import { expect, test } from "bun:test";
import { GatewayError } from "~/errors.ts";
import { zai } from "~/upstreams/zai/index.ts";
import { pixel } from "../../helpers/world.ts";
import { tellingFor } from "../telling.ts";

const look = { type: "text", text: "What is this?" };
const image = (url: string) => ({ type: "image_url", image_url: { url } });
const data = (mime: string, bytes: string | Uint8Array = "tide") =>
  `data:${mime};base64,${Buffer.from(bytes as string).toString("base64")}`;
const png = (width: number, height: number) => {
  const head = Buffer.alloc(24);
  Buffer.from("89504e470d0a1a0a", "hex").copy(head);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head;
};
const jpeg = (width: number, height: number) => {
  const head = Buffer.from("ffd8ffe000040000ffc000110800000000030000000000000000", "hex");
  head.writeUInt16BE(height, 13);
  head.writeUInt16BE(width, 15);
  return head;
};

function asked(model: string, ...parts: object[]) {
  const body = { model, messages: [{ role: "user", content: [look, ...parts] }] };
  const outgoing = zai.chat.ask(tellingFor(zai, body as never, { stream: false }), 0);
  return JSON.parse(Buffer.from(outgoing.body as Uint8Array).toString()).messages[0].content.slice(1);
}

const taken: [says: string, part: object, told?: object][] = [
  ["a picture by its address", image("https://a.example/cat.gif")],
  ["a PNG as data", image(pixel)],
  ["a JPEG as data", image(data("image/jpg", jpeg(6000, 100)))],
  ["a film by its address", { type: "video_url", video_url: { url: "https://a.example/v.mp4" } }],
  ["a film as data", { type: "video_url", video_url: { url: data("video/quicktime") } }],
  ["a document by its address", { type: "file_url", file_url: { url: "https://a.example/a.pdf" } }],
  [
    "a document by the older name",
    { type: "document_url", document_url: { url: "https://a.example/a.docx" } },
    { type: "file_url", file_url: { url: "https://a.example/a.docx" } },
  ],
  [
    "a text file as data",
    { type: "document_url", document_url: { url: data("text/plain", "Flut: 04:12 潮") } },
    { type: "text", text: "<file>\nFlut: 04:12 潮\n</file>" },
  ],
  [
    "a text file in OpenAI's words",
    { type: "file", file: { filename: "tides.csv", file_data: data("text/csv", "port,time") } },
    { type: "text", text: '<file name="tides.csv">\nport,time\n</file>' },
  ],
  [
    "a text file without base64",
    { type: "file_url", file_url: { url: "data:application/json,%7B%22a%22%3A1%7D" } },
    { type: "text", text: '<file>\n{"a":1}\n</file>' },
  ],
];
for (const [says, part, told = part] of taken) {
  test(`takes ${says}`, () => expect(asked("glm-4.5v", part)).toEqual([told]));
}

test("reads a text file to a model that sees nothing", () => {
  const part = { type: "document_url", document_url: { url: data("text/markdown", "# Tides") } };
  expect(asked("glm-4.7", part)).toEqual([{ type: "text", text: "<file>\n# Tides\n</file>" }]);
});

const refused: [says: string, model: string, parts: object[], kind: string, at: number, words: RegExp][] = [
  [
    "a picture for a text model",
    "glm-4.7",
    [image(pixel)],
    "model_not_multimodal",
    1,
    /an image, but glm-4.7 takes text only; glm-4.5v/,
  ],
  [
    "a film for a text model",
    "glm-4.5",
    [{ type: "video_url", video_url: { url: "https://a.example/v" } }],
    "model_not_multimodal",
    1,
    /a video/,
  ],
  [
    "a document for a model that takes none",
    "glm-5.3-flash",
    [{ type: "file_url", file_url: { url: "https://a.example/v" } }],
    "model_not_multimodal",
    1,
    /text and image, video; glm-4.5v/,
  ],
  [
    "audio that was not transcribed",
    "glm-4.5v",
    [{ type: "input_audio", input_audio: { data: "UklGRgAA", format: "wav" } }],
    "model_not_multimodal",
    1,
    /audio/,
  ],
  [
    "a GIF",
    "glm-4.5v",
    [image(pixel), image(data("image/gif"))],
    "invalid_request",
    2,
    /is image\/gif, and Z.ai takes JPEG and PNG/,
  ],
  ["a WebP", "glm-4.6v", [image(data("image/webp"))], "invalid_request", 1, /image\/webp/],
  [
    "a picture that is none",
    "glm-4.5v",
    [image(data("image/png", "not a picture"))],
    "invalid_request",
    1,
    /neither JPEG nor PNG/,
  ],
  [
    "a picture with too many pixels",
    "glm-4.5v",
    [image(data("image/png", png(7000, 10)))],
    "invalid_request",
    1,
    /7000 × 10 pixels/,
  ],
  [
    "a JPEG with too many pixels",
    "glm-4.5v",
    [image(data("image/jpeg", jpeg(10, 6001)))],
    "invalid_request",
    1,
    /10 × 6001/,
  ],
  [
    "a heavy picture",
    "glm-4.5v",
    [image(data("image/png", Buffer.concat([png(10, 10), Buffer.alloc(5_200_000)])))],
    "invalid_request",
    1,
    /5\.2 MB large.* 5 MB.*JPEG rather than a PNG/,
  ],
  [
    "an AVI",
    "glm-4.5v",
    [{ type: "video_url", video_url: { url: data("video/x-msvideo") } }],
    "invalid_request",
    1,
    /video\/avi, and Z.ai takes MP4, MKV and MOV/,
  ],
  [
    "a PDF as data",
    "glm-4.5v",
    [{ type: "file", file: { file_data: data("application/pdf") } }],
    "invalid_request",
    1,
    /document as data \(application\/pdf\)/,
  ],
  ["a file by its id", "glm-4.5v", [{ type: "file", file: { file_id: "file-1" } }], "invalid_request", 1, /by its id/],
  [
    "text that is none",
    "glm-4.7",
    [{ type: "file_url", file_url: { url: data("text/plain", Buffer.from([0xff, 0xfe])) } }],
    "invalid_request",
    1,
    /not UTF-8/,
  ],
  [
    "a document beside a picture",
    "glm-4.5v",
    [image(pixel), { type: "document_url", document_url: { url: "https://a.example/a.pdf" } }],
    "invalid_request",
    2,
    /'messages\[0\]\.content\[2\]' holds a document and 'messages\[0\]\.content\[1\]' an image/,
  ],
  [
    "more documents than fifty",
    "glm-4.5v",
    Array.from({ length: 51 }, () => ({ type: "file_url", file_url: { url: "https://a.example/a.pdf" } })),
    "invalid_request",
    51,
    /document 51/,
  ],
];
for (const [says, model, parts, kind, at, words] of refused) {
  test(`refuses ${says}, and names the part`, () => {
    let refusal: unknown;
    try {
      asked(model, ...parts);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(GatewayError);
    const { message, ...error } = refusal as GatewayError;
    expect([error.kind as string, error.param]).toEqual([kind, `messages[0].content[${at}]`]);
    expect(message).toMatch(words);
    expect(message).toContain(`messages[0].content[${at}]`);
  });
}
