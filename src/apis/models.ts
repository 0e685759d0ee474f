/** The model list in OpenAI's shape: https://platform.openai.com/docs/api-reference/models */
export function modelList(names: readonly string[], created: number): string {
  return JSON.stringify({ object: "list", data: names.map((name) => modelObject(name, created)) });
}

export function modelText(name: string, created: number): string {
  return JSON.stringify(modelObject(name, created));
}

function modelObject(id: string, created: number) {
  return { id, object: "model", created, owned_by: "z.ai" };
}
