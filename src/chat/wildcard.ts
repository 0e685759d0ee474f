/**
 * Tells whether a model's name fits a pattern, where `*` stands for any run of characters; case does not matter.
 * Each piece between two stars is sought once, from where the one before it ended: a name that almost fits, however
 * long, costs one walk along it. A regular expression would try every way to share it out among the stars.
 */
export function createWildcard(pattern: string): (name: string) => boolean {
  const [first = "", ...pieces] = pattern.toLowerCase().split("*");
  const last = pieces.pop();
  if (last === undefined) return (name) => name.toLowerCase() === first;
  return (name) => {
    const text = name.toLowerCase();
    const end = text.length - last.length;
    let at = first.length;
    if (at > end || !text.startsWith(first) || !text.endsWith(last)) return false;
    for (const piece of pieces) {
      const found = text.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return at <= end;
  };
}
