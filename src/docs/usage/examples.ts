import type { Text } from "~/config/text.ts";

/** One thing that people ask for: what is said, and what is known of it. */
export interface Example {
  id: string;
  title: Text;
  note?: Text;
  /** Whether the model has to see, hear or read files. */
  needsEyes: boolean;
  stream: boolean;
  content: string | readonly Part[];
}

/** A part of a message: words, or a medium from an address or out of a file. */
export type Part = { type: "text"; text: string } | Medium;
export type Medium = { type: MediumType } & ({ url: string } | LocalFile);
type MediumType = "image_url" | "video_url" | "document_url" | "audio_url";

/** A file in the folder where the example runs. */
export interface LocalFile {
  file: string;
  kind: string;
}

const photo: Medium = { type: "image_url", file: "photo.jpg", kind: "image/jpeg" };
const picture: Medium = { type: "image_url", url: "https://example.com/picture.png" };
const clip: Medium = { type: "video_url", url: "https://example.com/clip.mp4" };
const report: Medium = { type: "document_url", url: "https://example.com/report.pdf" };
const speech: Medium = { type: "audio_url", file: "speech.wav", kind: "audio/wav" };

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
    title: { en: "Stream", zh: "流式" },
    note: {
      en: "Words arrive as they are made. Thinking comes first, in reasoning_content unless the gateway's owner chose otherwise.",
      zh: "边生成边返回。思考过程先到，默认放在 reasoning_content 中（网关主人可另行设置）。",
    },
    needsEyes: false,
    stream: true,
    content: "Write a poem about the tide.",
  },
  {
    id: "image",
    title: { en: "Image", zh: "图像" },
    note: {
      en: "Out of a file, here photo.jpg, or an https:// address in place of data:… The official API takes JPEG and PNG up to 5 MB.",
      zh: "这里取自文件 photo.jpg，也可以用 https:// 网址代替 data:…。官方 API 支持不超过 5 MB 的 JPEG 和 PNG。",
    },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "What is in this picture?" }, photo],
  },
  {
    id: "video",
    title: { en: "Video", zh: "视频" },
    note: {
      en: "The official API takes MP4, MKV and MOV up to 200 MB: an address, or data as with the image.",
      zh: "官方 API 支持不超过 200 MB 的 MP4、MKV、MOV：可以是网址，也可以像图像那样给出数据。",
    },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "Sum up this video." }, clip],
  },
  {
    id: "document",
    title: { en: "Document", zh: "文档" },
    note: {
      en: "The official API takes documents as addresses, and none together with images or video. Text files may come as data: data:text/plain;base64,…",
      zh: "官方 API 的文档须为网址，且不能与图像或视频同时使用。文本文件可以用数据：data:text/plain;base64,…",
    },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "What does this report say?" }, report],
  },
  {
    id: "audio",
    title: { en: "Audio", zh: "音频" },
    note: {
      en: "WAV or MP3 up to 25 MB, always as data: this gateway fetches no address. Over the official API it is written down first.",
      zh: "WAV 或 MP3，不超过 25 MB，必须是数据：网关不会访问任何网址。使用官方 API 时会先转写成文字。",
    },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "Answer the question that you hear." }, speech],
  },
  {
    id: "mix",
    title: { en: "A mix", zh: "混合" },
    needsEyes: true,
    stream: false,
    content: [{ type: "text", text: "How do these belong together?" }, photo, picture, clip, speech],
  },
];
