export const logLevels = ["debug", "info", "warning", "error", "critical"] as const;
export type LogLevel = (typeof logLevels)[number];

/** What the owner of the machine reads. Strangers' words come as fields, never as part of the sentence. */
export type LogLine = (sentence: string, fields?: Record<string, unknown>) => void;
export type Log = Record<LogLevel, LogLine>;

/** `write` gets whole lines, newline included; what it throws is swallowed: a full log disk must not stop traffic. */
export function createLog(
  level: LogLevel,
  format: "json" | "pretty",
  write: (line: string) => void,
  now: () => number,
): Log {
  const line = (at: LogLevel): LogLine => {
    if (logLevels.indexOf(at) < logLevels.indexOf(level)) return () => {};
    return (sentence, fields = {}) => {
      const time = new Date(now()).toISOString();
      try {
        write(`${format === "json" ? jsonLine(time, at, sentence, fields) : prettyLine(time, at, sentence, fields)}\n`);
      } catch {
        // The log's own disk is full or its reader is gone.
      }
    };
  };
  return Object.fromEntries(logLevels.map((at) => [at, line(at)])) as Log;
}

function jsonLine(time: string, level: LogLevel, message: string, fields: Record<string, unknown>): string {
  return JSON.stringify({ time, level, message, ...fields }, (_, value) =>
    value instanceof Error ? words(value) : value,
  );
}

function prettyLine(time: string, level: LogLevel, sentence: string, fields: Record<string, unknown>): string {
  const shown = Object.entries(fields).map(([name, value]) => {
    const text = value instanceof Error ? words(value) : typeof value === "string" ? value : JSON.stringify(value);
    return ` ${name}=${oneLine(text ?? "")}`;
  });
  return `${time.slice(11, 19)} ${level.padEnd(7)} ${sentence}${shown.join("")}`;
}

function words(error: Error): string {
  return (error.stack ?? error.message).slice(0, 2_000);
}

// Control characters in a stranger's words could forge further lines, or drive a terminal.
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
