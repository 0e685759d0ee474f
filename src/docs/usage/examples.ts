import type { Text } from "~/config/text.ts";

/** One thing that people ask for, as the body of a request and as what to do with the answer. */
export interface Example {
  id: string;
  title: Text;
  note?: Text;
  /** The model: null for the one that the gateway gives when none is named. */
  needsEyes: boolean;
  stream: boolean;
  content: string | readonly Part[];
}

/** A part of a message that holds more than text. */
export type Part = { type: "text"; text: string } | { type: MediaType; url: string };
type MediaType = "image_url" | "video_url" | "document_url" | "audio_url";

const media = {
  image: { type: "image_url", url: "https://example.com/photo.jpg" },
  video: { type: "video_url", url: "https://example.com/clip.mp4" },
  document: { type: "document_url", url: "https://example.com/report.pdf" },
  audio: { type: "audio_url", url: "data:audio/wav;base64,UklGR…" },
} as const;

/** The order of the page. */
export const examples: readonly Example[] = [
  {
    id: "text",
    title: { en: "Text", zh: "文本" },
    needsEyes: false,
    stream: false,
    content: "Introduce yourself in one sentence.",
  },
  {
    id: "stream",
    title: { en: "Streamed", zh: "流式" },
    note: {
      en: "Words arrive as they are spoken. Thinking comes first, in reasoning_content unless the owner chose otherwise.",
      zh: "边生成边返回。思考过程先到，默认放在 reasoning_content 中。",
    },
    needsEyes: false,
    stream: true,
    content: "Write a poem about the tide.",
  },
  {
    id: "image",
    title: { en: "Image", zh: "图像" },
    note: {
      en: "JPEG, PNG, GIF or WebP, as an address or as data:image/jpeg;base64,… Smaller pictures are answered sooner.",
      zh: "JPEG、PNG、GIF、WebP，可用网址或 data:image/jpeg;base64,… 图片越小，回答越快。",
    },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "What is in this picture?" }, media.image],
  },
  {
    id: "video",
    title: { en: "Video", zh: "视频" },
    note: { en: "MP4, AVI or MOV.", zh: "MP4、AVI、MOV。" },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "Sum up this video." }, media.video],
  },
  {
    id: "document",
    title: { en: "Document", zh: "文档" },
    note: {
      en: "PDF, DOC or TXT. The official API takes no document together with an image or a video.",
      zh: "PDF、DOC、TXT。官方 API 不允许文档与图像或视频同时出现。",
    },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "What does this report say?" }, media.document],
  },
  {
    id: "audio",
    title: { en: "Audio", zh: "音频" },
    note: {
      en: "MP3, WAV or AAC, the data itself and no address, where the upstream understands it; else the answer says so.",
      zh: "MP3、WAV、AAC，只接受数据本身而非网址，视上游支持情况而定；不支持时会明确告知。",
    },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "Write down what is said." }, media.audio],
  },
  {
    id: "mix",
    title: { en: "Several at once", zh: "混合" },
    needsEyes: true,
    stream: false,
    content: [
      { type: "text", text: "How do these belong together?" },
      media.image,
      { type: "image_url", url: "https://example.com/second.png" },
      media.video,
    ],
  },
];

/** The body of the request, as JSON and Python and JavaScript have it alike. */
export function bodyOf({ content, stream, needsEyes }: Example, models: { text: string; eyes: string }): object {
  const parts =
    typeof content === "string"
      ? content
      : content.map((part) => (part.type === "text" ? part : { type: part.type, [part.type]: { url: part.url } }));
  return {
    model: needsEyes ? models.eyes : models.text,
    messages: [{ role: "user", content: parts }],
    ...(stream && { stream: true }),
  };
}
