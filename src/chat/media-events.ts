import type { MediaPart, Medium } from "./media.ts";

/** Something that the owner's log says of a request's media. Never the data. */
export interface MediaEvent {
  level: "info" | "warning";
  en: string;
  zh: string;
  fields: Record<string, unknown>;
}

export interface MediaFacts {
  /** What the model takes; null where only its upstream knows. */
  takes: readonly Medium[] | null;
  model: string;
  isGuest: boolean;
  hasToken: boolean;
  /** Whether what the model does not take is left out instead of refused. */
  drops: boolean;
}

/**
 * In ZtoApi's own words, which its users search their logs for: that media came, each part, how many of a kind, and
 * whether model and token are good for them.
 */
export function mediaEvents(parts: readonly MediaPart[], facts: MediaFacts): MediaEvent[] {
  const { takes, model, isGuest, hasToken, drops } = facts;
  const events = [
    say("info", "request", "🎯 A request with media", "🎯 检测到全方位多模态请求", { model }),
    ...parts.slice(0, mostParts).map(tellPart),
    say("info", "count", "🎯 Media of the request", "🎯 多模态内容统计", { total: parts.length, ...countKinds(parts) }),
  ];
  if (takes !== null && parts.some(({ medium }) => !takes.includes(medium))) {
    const done = drops ? { en: "left out", zh: "已丢弃媒体内容" } : { en: "refused", zh: "已拒绝" };
    const words = { en: `⚠️ The model does not take them: ${done.en}`, zh: `⚠️ 警告: 模型不支持多模态，${done.zh}` };
    events.push(say("warning", "unsupported", words.en, words.zh, { model, takes }));
  }
  if (isGuest) {
    const zh = "⚠️ 重要警告: 正在使用匿名token处理多模态请求，请设置 ZAI_TOKEN";
    events.push(say("warning", "guest", "⚠️ Media with a guest's token: set ZAI_TOKEN", zh, {}));
  } else if (hasToken) {
    events.push(say("info", "token", "✅ Media with an account's token", "✅ 使用正式API Token处理多模态请求", {}));
  }
  return events;
}

/** A request may hold thousands; the count tells of the rest. */
const mostParts = 20;

const kinds: Record<Medium, { sign: string; zh: string }> = {
  image: { sign: "🖼️", zh: "图像" },
  video: { sign: "🎥", zh: "视频" },
  file: { sign: "📄", zh: "文档" },
  audio: { sign: "🎵", zh: "音频" },
};

/** By the numbers of the client's own request: translation moves messages and parts. */
function tellPart({ medium, path, source, mime, bytes }: MediaPart): MediaEvent {
  const { sign, zh } = kinds[medium];
  const [message, ...inside] = [...path.matchAll(/\[(\d+)\]/g)].map(([, at]) => at);
  const part = inside.join(".");
  return say(
    "info",
    "part",
    `${sign} Message [${message}] ${medium} [${part}]`,
    `${sign} 消息[${message}] ${zh}[${part}]`,
    {
      path,
      medium,
      source,
      mime,
      bytes,
    },
  );
}

function countKinds(parts: readonly MediaPart[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { medium } of parts) counts[medium] = (counts[medium] ?? 0) + 1;
  return counts;
}

function say(level: MediaEvent["level"], name: string, en: string, zh: string, fields: object): MediaEvent {
  return { level, en, zh, fields: { event: `multimodal.${name}`, ...fields } };
}
