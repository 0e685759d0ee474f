import type { Sent } from "~/wire/json.ts";
import { type Gathered, marginBytes } from "./pack.ts";
import { shorten } from "./shorten.ts";

/** What is said in one exchange, as far as it is to be kept. It only listens: it can neither delay nor fail anything. */
export interface Tape {
  asked(body: Sent): void;
  /** What is handed to the client, piece by piece. */
  told(piece: string | Uint8Array): void;
  /** A string that must not be found in it. */
  hide(secret: string | null): void;
  /** Those strings. */
  secrets(): readonly string[];
  /** The exchange is over. Once, however often it is called. */
  over(): void;
}

/** What a tape holds when its exchange is over. */
export interface Recording {
  requestId: number;
  keyId: number;
  request: Gathered;
  answer: Gathered;
  requestBytes: number;
  answerBytes: number;
  secrets: readonly string[];
  /** Memory that it occupies. */
  held: number;
}

/** Memory for what is gathered, shared by all tapes. */
export interface Allowance {
  /** Whether there is so much left; then it is taken. */
  take(bytes: number): boolean;
}

export function createTape(
  { requestId, keyId }: Pick<Recording, "requestId" | "keyId">,
  mostBytes: number,
  allowance: Allowance,
  done: (recording: Recording) => void,
): Tape {
  const most = mostBytes + marginBytes;
  const answer = createReel(most, allowance);
  const request = createReel(most, allowance);
  const secrets = new Set<string>();
  let requestBytes = 0;
  let answerBytes = 0;
  let isOver = false;
  return {
    asked(body) {
      const bytes = typeof body === "string" ? Buffer.from(body) : body;
      requestBytes = bytes.length;
      for (const piece of shorten(bytes, most)) request.put(piece);
    },
    told(piece) {
      answerBytes += answer.put(piece);
    },
    hide(secret) {
      if (secret !== null) secrets.add(secret);
    },
    secrets: () => [...secrets],
    over() {
      if (isOver) return;
      isOver = true;
      done({
        requestId,
        keyId,
        request: request.gathered(),
        answer: answer.gathered(),
        requestBytes,
        answerBytes,
        secrets: [...secrets],
        held: request.held() + answer.held(),
      });
    },
  };
}

/** Memory that grows with what comes, up to `most` bytes and as far as there is any. */
function createReel(most: number, allowance: Allowance) {
  let bytes = new Uint8Array();
  let length = 0;
  let isCut = false;

  /** For how many of so many further bytes there is room. */
  function makeRoom(wanted: number): number {
    const needed = Math.min(most, length + wanted);
    if (needed > bytes.length) {
      const size = Math.min(most, Math.max(needed, bytes.length * 2, leastBytes));
      if (allowance.take(size - bytes.length)) {
        const grown = new Uint8Array(size);
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
    }
    return Math.min(wanted, bytes.length - length);
  }

  return {
    /** Takes what there is room for. Says how long the piece is. */
    put(piece: string | Uint8Array): number {
      const wanted = piece.length === 0 ? 0 : Buffer.byteLength(piece);
      if (wanted === 0 || isCut) return wanted;
      const room = makeRoom(wanted);
      isCut = room < wanted;
      if (typeof piece === "string") {
        length += encoder.encodeInto(piece, bytes.subarray(length, length + room)).written;
      } else {
        bytes.set(room < wanted ? piece.subarray(0, room) : piece, length);
        length += room;
      }
      return wanted;
    },
    gathered: (): Gathered => ({ bytes: bytes.subarray(0, length), isCut }),
    held: () => bytes.length,
  };
}

const leastBytes = 2048;
const encoder = new TextEncoder();
