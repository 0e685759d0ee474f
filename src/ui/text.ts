/**
 * A stranger's text for an attribute. The HTML library escapes quotes there and nothing else: without this, `&lt;` in a
 * model's name would be shown as `<`.
 */
export function attr(text: string | null | undefined): string | undefined {
  return text === null || text === undefined ? undefined : text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
