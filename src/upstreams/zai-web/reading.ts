import { createBlockSieve } from "./blocks.ts";
import type { Piece } from "./document.ts";
import { createReasoningSplitter } from "./reasoning.ts";

/** New words for the reader: of the thinking, and of the answer behind it. */
export interface Words {
  thinking: string;
  answer: string;
}

/** One reader's way through the edited document: it gives each word once, in pace with the document. */
export interface Reading {
  /** All that the document says of each, as far as it is certain. */
  readonly thinking: string;
  readonly answer: string;
  /** The thinking's wrapper as it came; null where there is none. */
  readonly opening: string | null;
  /** Tool calls written into the document, as JSON. */
  readonly blocks: readonly string[];
  /** The document grew. */
  read(text: string, isThinking: boolean): Words;
  /** The document was cut and went on otherwise. What was said cannot be taken back, so only what follows it is new. */
  readAgain(pieces: Iterable<Piece>): Words;
  end(): Words;
}

/** @param isVerbatim the thinking's lines as they stand in the document, quote marks included */
export function createReading(isVerbatim: boolean): Reading {
  let splitter = createReasoningSplitter(isVerbatim);
  let sieve = createBlockSieve();
  let thinking = "";
  let answer = "";
  /** What the reader has, where the document fell behind that and may catch up again. */
  let saidThinking: string | null = null;
  let saidAnswer: string | null = null;

  function read(text: string, isThinking: boolean): Words {
    const split = splitter.read(text, isThinking);
    return take(split.thinking, split.rest === "" ? "" : sieve.read(split.rest));
  }

  function take(moreThinking: string, moreAnswer: string): Words {
    thinking += moreThinking;
    answer += moreAnswer;
    if (saidThinking === null && saidAnswer === null) return { thinking: moreThinking, answer: moreAnswer };
    return catchUp(saidThinking, moreThinking, saidAnswer, moreAnswer);
  }

  function catchUp(
    hadThinking: string | null,
    moreThinking: string,
    hadAnswer: string | null,
    moreAnswer: string,
  ): Words {
    saidThinking = ahead(hadThinking, thinking);
    saidAnswer = ahead(hadAnswer, answer);
    return {
      thinking: hadThinking === null ? moreThinking : unsaid(hadThinking, thinking),
      answer: hadAnswer === null ? moreAnswer : unsaid(hadAnswer, answer),
    };
  }

  return {
    get thinking() {
      return thinking;
    },
    get answer() {
      return answer;
    },
    get opening() {
      return splitter.opening;
    },
    get blocks() {
      return sieve.blocks;
    },
    read,
    readAgain(pieces) {
      const hadThinking = saidThinking ?? thinking;
      const hadAnswer = saidAnswer ?? answer;
      splitter = createReasoningSplitter(isVerbatim);
      sieve = createBlockSieve();
      thinking = "";
      answer = "";
      saidThinking = null;
      saidAnswer = null;
      for (const piece of pieces) read(piece.text, piece.isThinking);
      return catchUp(hadThinking, "", hadAnswer, "");
    },
    end() {
      const split = splitter.end();
      return take(split.thinking, sieve.read(split.rest) + sieve.end());
    },
  };
}

/** What the reader has beyond the document; null once the document has caught up or has gone another way. */
function ahead(had: string | null, now: string): string | null {
  return had !== null && had.length > now.length && had.startsWith(now) ? had : null;
}

/** What the document says beyond what the reader has; nothing where the two differ. */
function unsaid(had: string, now: string): string {
  return now.startsWith(had) ? now.slice(had.length) : "";
}
