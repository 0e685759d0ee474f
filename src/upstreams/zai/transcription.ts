import { createHash } from "node:crypto";
import { requestHeaders } from "../address.ts";
import type { Transcription } from "../upstream.ts";

/** Z.ai's chat models hear nothing, but it has one that writes down what it hears. https://docs.z.ai/guides/audio/glm-asr-2512 */
export const transcription: Transcription = {
  mimes: ["audio/wav", "audio/mp3"],
  maxBytes: 25_000_000,

  ask({ bytes, mime }, { url, token }) {
    const boundary = `zgate-${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}`;
    const name = mime === "audio/mp3" ? "audio.mp3" : "audio.wav";
    const head = [
      ...field(boundary, 'name="model"', "glm-asr-2512"),
      ...field(boundary, 'name="stream"', "false"),
      `--${boundary}`,
      `Content-Disposition: form-data; name="file"; filename="${name}"`,
      `Content-Type: ${mime === "audio/mp3" ? "audio/mpeg" : mime}`,
      "",
      "",
    ].join("\r\n");
    return {
      method: "POST",
      url: `${url.replace(/\/chat\/completions$/, "")}/audio/transcriptions`,
      headers: {
        ...requestHeaders(token, "application/json"),
        "content-type": `multipart/form-data; boundary=${boundary}`,
      },
      body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    };
  },

  read(text) {
    try {
      const said: unknown = JSON.parse(text)?.text;
      return typeof said === "string" ? said : null;
    } catch {
      return null;
    }
  },
};

function field(boundary: string, name: string, value: string): string[] {
  return [`--${boundary}`, `Content-Disposition: form-data; ${name}`, "", value];
}
