import type { Language } from "~/config/text.ts";

/** Leads from a page in one language to its twin in the other. */
export function twinLine(page: string, language: Language): string {
  return language === "en" ? `**English** · [中文](${page}.zh-CN.md)` : `[English](${page}.md) · **中文**`;
}

/** The words around the tables of `docs/settings.md`. */

export const titles: Record<Language, { page: string; columns: string[]; idle: string; idleColumns: string[] }> = {
  en: {
    page: "Settings",
    columns: ["Name, and its older names", "Default", "Values", "Meaning"],
    idle: "Older names without effect",
    idleColumns: ["Name", "Why"],
  },
  zh: {
    page: "设置",
    columns: ["名称及旧名称", "默认值", "取值", "含义"],
    idle: "没有作用的旧名称",
    idleColumns: ["名称", "原因"],
  },
};

export const intro: Record<Language, string> = {
  en: `All settings come from the environment and from a file named \`.env\` in the folder where zgate starts. Every one has a
default, so none has to be set. \`zgate\` prints what it runs with at each start, secrets masked.

- The names that ZtoApi and Z.ai2api used work as well; they stand below the canonical name.
- The environment goes before \`.env\`. Where one setting is given under several names, the first in this table counts, and
  the start says so.
- An empty value counts as unset. A value out of range stops the start with a sentence that names the variable, the form
  of what it holds (never the text) and the values it may have.
- A name that begins with \`ZAI_\` or \`ZGATE_\`, or that looks like one of these, and is none, is reported with the nearest one.

Moving in from ZtoApi: its documents say \`DEFAULT_STREAM=true\` and \`DEBUG_MODE=true\` are what you get when you set nothing.
zgate answers like OpenAI's API, whole unless asked to stream, and logs little; set both if your clients count on them.

Moving in from Z.ai2api: its port was 8080 and zgate's is 9090, unless \`ZAI_PORT\` is set. \`ZAI_REQUEST_TIMEOUT=60\` and
\`ZAI_STREAM_TIMEOUT=120\` from its sample file are obeyed here, and 60 seconds are short for a long thought.
`,
  zh: `所有设置来自环境变量，以及 zgate 启动目录下名为 \`.env\` 的文件。每一项都有默认值，因此都可以不设。每次启动时 \`zgate\` 会列出实际生效的设置，密钥不会显示。

- ZtoApi 与 Z.ai2api 的变量名同样有效，列在正式名称之下。
- 环境变量优先于 \`.env\`。同一设置以多个名称给出时，以表中靠前的为准，并在启动时说明。
- 空值等于未设置。取值超出范围时不会启动，并说明变量名、所给值的形式（从不显示内容）以及允许的取值。
- 以 \`ZAI_\` 或 \`ZGATE_\` 开头、或与设置名相近但并非设置的名称，启动时会提示最接近的名称。

从 ZtoApi 迁移：其文档中 \`DEFAULT_STREAM\` 与 \`DEBUG_MODE\` 默认为 \`true\`。zgate 与 OpenAI 一致，未要求时不流式返回，日志也较少；如客户端依赖旧行为，请显式设置。

从 Z.ai2api 迁移：其默认端口为 8080，zgate 为 9090，除非设置了 \`ZAI_PORT\`。其示例文件中的 \`ZAI_REQUEST_TIMEOUT=60\` 与 \`ZAI_STREAM_TIMEOUT=120\` 会被严格执行，60 秒对较长的思考来说偏短。
`,
};

export const upstreamRules: Record<Language, string> = {
  en: `## Which upstream

| \`UPSTREAM_URL\` | dialect |
| --- | --- |
| \`https://chat.z.ai\`, with or without a path; any address that ends in \`/api/chat/completions\` | \`zai-web\` |
| any address with \`/paas/v4\`; \`https://api.z.ai\` and \`https://open.bigmodel.cn\` alone | \`zai\` |
| anything else | \`openai\` |
| nothing, and \`ZAI_TOKEN\` has the form \`id.secret\` | \`zai\`, at \`https://api.z.ai/api/paas/v4\` |
| nothing else at all | \`zai-web\`, at \`https://chat.z.ai/api/chat/completions\` |

\`UPSTREAM_DIALECT\` overrules this. A base and the full completions address mean the same. For a proxy of your own before
chat.z.ai, name its address up to \`/api/chat/completions\`, or set \`UPSTREAM_DIALECT=zai-web\`. A key of open.bigmodel.cn needs
\`UPSTREAM_URL=https://open.bigmodel.cn/api/paas/v4\`, the key of a coding plan its own base; zgate never chooses these by
itself.
`,
  zh: `## 使用哪个上游

| \`UPSTREAM_URL\` | 协议 |
| --- | --- |
| \`https://chat.z.ai\`（有无路径均可）；任何以 \`/api/chat/completions\` 结尾的地址 | \`zai-web\` |
| 任何含 \`/paas/v4\` 的地址；单独的 \`https://api.z.ai\` 与 \`https://open.bigmodel.cn\` | \`zai\` |
| 其他地址 | \`openai\` |
| 未设置，且 \`ZAI_TOKEN\` 形如 \`id.secret\` | \`zai\`，地址为 \`https://api.z.ai/api/paas/v4\` |
| 未设置，且不属于上一行 | \`zai-web\`，地址为 \`https://chat.z.ai/api/chat/completions\` |

\`UPSTREAM_DIALECT\` 优先于以上规则。基础地址与完整的 completions 地址等效。若在 chat.z.ai 前有自己的代理，请写到 \`/api/chat/completions\` 为止，或设置 \`UPSTREAM_DIALECT=zai-web\`。智谱开放平台的 Key 需要 \`UPSTREAM_URL=https://open.bigmodel.cn/api/paas/v4\`，编程套餐的 Key 需要其专用地址；zgate 从不自行选择这些地址。
`,
};

export const dotEnvRules: Record<Language, string> = {
  en: `## The .env file

The same file means the same to zgate, to systemd's \`EnvironmentFile=\` and to \`docker run --env-file\`. Where these readers
disagree, zgate refuses the line and says what to write instead:

- \`NAME=value\`, one a line, without \`export\`. A comment is a line of its own.
- \`$\` and \`#\` inside a value are part of it: nothing is expanded and nothing is cut off.
- A value with a backslash, or with a \`#\` behind a space, stands in single quotes: \`ADMIN_PASSWORD='four words # here'\`.
  A single quote itself cannot stand there. Spaces at both ends of a value are always cut.

Docker Compose has a reader of its own that expands \`$\`. With \`format: raw\` under \`env_file\` it reads like \`docker run\`;
otherwise put values with a \`$\` into single quotes, which every reader here understands.
`,
  zh: `## .env 文件

同一个文件对 zgate、systemd 的 \`EnvironmentFile=\` 和 \`docker run --env-file\` 含义相同。这些程序理解不一致的写法，zgate 会拒绝该行并说明应如何书写：

- 每行一个 \`NAME=value\`，不写 \`export\`；注释单独成行。
- 值中的 \`$\` 和 \`#\` 属于值本身，不会展开，也不会截断。
- 含反斜杠或「空格加 #」的值请放进单引号：\`ADMIN_PASSWORD='four words # here'\`；其中不能再有单引号。值首尾的空格总会去掉。

Docker Compose 有自己的解析方式，会展开 \`$\`。在 \`env_file\` 下写 \`format: raw\` 后与 \`docker run\` 一致；否则请把含 \`$\` 的值放进单引号，所有程序都能正确读取。
`,
};
