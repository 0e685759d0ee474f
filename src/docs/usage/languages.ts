import type { Example, LocalFile, Part } from "./examples.ts";

/** The models that examples name: one for words, one that sees. */
export interface ExampleModels {
  text: string;
  eyes: string;
}

/** The same request in the languages that people copy from. */
export const languages = [
  { name: "curl", write: asCurl },
  { name: "Python", write: asPython },
  { name: "JavaScript", write: asJavaScript },
] as const;

function asCurl(base: string, example: Example, models: ExampleModels): string {
  const head = [
    `curl ${example.stream ? "-N " : ""}${base}/chat/completions \\`,
    `  -H "Authorization: Bearer $ZGATE_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
  ];
  const body = [
    "{",
    `  "model": "${modelOf(example, models)}",`,
    ...(example.stream ? ['  "stream": true,'] : []),
    `  "messages": ${messages(example, (part) => `"${dataUrl(part, "$(base64 < FILE | tr -d '\\n')")}"`, "  ")}`,
    "}",
  ];
  // A file may be longer than a shell lets an argument be: it goes in by standard input.
  return filesOf(example).length > 0
    ? [...head, "  -d @- <<END", ...body, "END"].join("\n")
    : [...head, `  -d '${body.join("\n  ")}'`].join("\n");
}

function asPython(base: string, example: Example, models: ExampleModels): string {
  const files = filesOf(example);
  return [
    ...(files.length > 0 ? ["import base64"] : []),
    "import os",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url="${base}", api_key=os.environ["ZGATE_KEY"])`,
    ...files.map((file) => `${variable(file)} = base64.b64encode(open("${file.file}", "rb").read()).decode()`),
    `${example.stream ? "stream" : "answer"} = client.chat.completions.create(`,
    `    model="${modelOf(example, models)}",`,
    ...(example.stream ? ["    stream=True,"] : []),
    `    messages=${messages(example, (part) => `f"${dataUrl(part, `{${variable(part)}}`)}"`, "    ")},`,
    ")",
    ...(example.stream
      ? [
          "for chunk in stream:",
          "    if chunk.choices and chunk.choices[0].delta.content:",
          '        print(chunk.choices[0].delta.content, end="", flush=True)',
        ]
      : ["print(answer.choices[0].message.content)"]),
  ].join("\n");
}

function asJavaScript(base: string, example: Example, models: ExampleModels): string {
  const files = filesOf(example);
  return [
    ...(files.length > 0 ? ['import { readFileSync } from "node:fs";'] : []),
    'import OpenAI from "openai";',
    "",
    `const client = new OpenAI({ baseURL: "${base}", apiKey: process.env.ZGATE_KEY });`,
    ...files.map((file) => `const ${variable(file)} = readFileSync("${file.file}", "base64");`),
    `const ${example.stream ? "stream" : "answer"} = await client.chat.completions.create({`,
    `  model: "${modelOf(example, models)}",`,
    ...(example.stream ? ["  stream: true,"] : []),
    `  messages: ${messages(example, (part) => `\`${dataUrl(part, `\${${variable(part)}}`)}\``, "  ", bare)},`,
    "});",
    ...(example.stream
      ? ['for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");']
      : ["console.log(answer.choices[0].message.content);"]),
  ].join("\n");
}

const modelOf = ({ needsEyes }: Example, { text, eyes }: ExampleModels): string => (needsEyes ? eyes : text);

/** The messages as JSON has them, and Python too; JavaScript's names go without quotes. */
function messages(
  { content }: Example,
  fromFile: (part: LocalFile) => string,
  indent: string,
  name: (word: string) => string = quoted,
): string {
  const pair = (word: string, value: string) => `${name(word)}: ${value}`;
  const message = (said: string) => `[{ ${pair("role", '"user"')}, ${pair("content", said)} }]`;
  if (typeof content === "string") return message(quoted(content));
  const lines = content.map((part: Part) => {
    const value =
      part.type === "text"
        ? quoted(part.text)
        : `{ ${pair("url", "file" in part ? fromFile(part) : quoted(part.url))} }`;
    return `${indent}  { ${pair("type", quoted(part.type))}, ${pair(part.type, value)} }`;
  });
  return message(`[\n${lines.join(",\n")}\n${indent}]`);
}

const quoted = (text: string): string => JSON.stringify(text);
const bare = (word: string): string => word;

const dataUrl = ({ file, kind }: LocalFile, base64: string): string =>
  `data:${kind};base64,${base64.replace("FILE", file)}`;

/** `photo` for `photo.jpg`. */
const variable = ({ file }: LocalFile): string => file.replace(/\..*/, "");

function filesOf({ content }: Example): LocalFile[] {
  return typeof content === "string" ? [] : content.filter((part) => "file" in part);
}
