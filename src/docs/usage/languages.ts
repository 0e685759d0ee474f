/** The same request in the languages that people copy from. */
export const languages = [
  { name: "curl", write: asCurl },
  { name: "Python", write: asPython },
  { name: "JavaScript", write: asJavaScript },
] as const;

type Write = (base: string, body: object) => string;

function asCurl(base: string, body: object): ReturnType<Write> {
  const isStream = "stream" in body;
  return [
    `curl ${isStream ? "-N " : ""}${base}/chat/completions \\`,
    `  -H "Authorization: Bearer $ZGATE_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify(body, null, 2).replaceAll("\n", "\n  ")}'`,
  ].join("\n");
}

function asPython(base: string, body: object): ReturnType<Write> {
  const isStream = "stream" in body;
  const named = Object.entries(body).map(([name, value]) => `    ${name}=${python(value, 1)},`);
  return [
    "import os",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url="${base}", api_key=os.environ["ZGATE_KEY"])`,
    `${isStream ? "stream" : "answer"} = client.chat.completions.create(`,
    ...named,
    ")",
    ...(isStream
      ? [
          "for chunk in stream:",
          "    if chunk.choices and chunk.choices[0].delta.content:",
          '        print(chunk.choices[0].delta.content, end="", flush=True)',
        ]
      : ["print(answer.choices[0].message.content)"]),
  ].join("\n");
}

function asJavaScript(base: string, body: object): ReturnType<Write> {
  const isStream = "stream" in body;
  return [
    'import OpenAI from "openai";',
    "",
    `const client = new OpenAI({ baseURL: "${base}", apiKey: process.env.ZGATE_KEY });`,
    `const ${isStream ? "stream" : "answer"} = await client.chat.completions.create(${JSON.stringify(body, null, 2)});`,
    ...(isStream
      ? ['for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");']
      : ["console.log(answer.choices[0].message.content);"]),
  ].join("\n");
}

/** A value as Python writes it: JSON, but for three words. */
function python(value: unknown, depth: number): string {
  const text = JSON.stringify(value, null, 4).replaceAll("\n", `\n${"    ".repeat(depth)}`);
  return text === "true" ? "True" : text;
}
