/**
 * Whether a key, token or password is one that stands in a manual (the older systems' or ours) for the reader to
 * replace: everybody knows it. `$(…)` is a shell's line that no shell has read, and `…...` a value that was cut short.
 */
export function isSampleSecret(text: string): boolean {
  return samples.includes(text.toLowerCase()) || sampleForms.some((form) => form.test(text));
}

const samples = [
  "sk-my-secure-key-2024",
  "sk-key",
  "change-me",
  "changeme",
  "admin123",
  "admin1234",
  "password",
  "password123",
];
const sampleForms = [/^(sk-)?your[-_ ]/i, /[-_ ]here$/i, /\$\(/, /\.\.\.$/, /^<.*>$/, /^(sk-)?x{3,}$/i];
