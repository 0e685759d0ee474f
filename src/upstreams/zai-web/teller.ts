import { readToolWish } from "~/chat/tools.ts";
import type { Sink } from "~/wire/sink.ts";
import type { SseEvent } from "~/wire/sse.ts";
import { wordsInsteadOfCall } from "../finish.ts";
import type { Telling } from "../upstream.ts";
import { createWebAnswer } from "./answer.ts";
import { withoutBlocks } from "./blocks.ts";
import { createCallBook } from "./calls.ts";
import { createChunkWriter } from "./chunks.ts";
import { emptyAnswer } from "./failure.ts";
import type { FrameData } from "./frame.ts";
import { createReading, type Words } from "./reading.ts";
import { createCallSieve } from "./written.ts";

/** Tells one answer in the house language. */
export interface Teller {
  take(data: FrameData): void;
  /** The upstream said that it was done. */
  finish(): void;
  /** It just stopped: the words that came, and no finish chunk. */
  breakOff(): void;
}

/** For a client that streams: every word when it comes. */
export function createLiveTeller(next: Sink<SseEvent>, telling: Telling): Teller {
  const isRaw = telling.ask.thinkMode === "raw";
  const writer = createChunkWriter(next, telling);
  const wish = readToolWish(telling.ask.body);
  const calls = createCallBook(wish, telling.id);
  const sieve = wish && createCallSieve(wish);
  const answer = createWebAnswer();
  const reading = createReading(isRaw);
  let isWrapperOpen = false;
  let blocksSeen = 0;

  function say({ thinking, answer }: Words): void {
    const words = sieve ? sieve.read(answer) : answer;
    tell(thinking, words);
    if (sieve && answer !== "") tellWritten();
  }

  /** Calls that stood in the words, each behind the words before it. */
  function tellWritten(): void {
    if (sieve!.calls.length === 0) return;
    calls.noteWritten(sieve!.calls);
    for (const call of calls.take(false)) writer.toolCall(call);
  }

  function tell(thinking: string, answer: string): void {
    if (isRaw && reading.opening !== null) {
      writer.content(inWrapper(thinking, answer, reading.opening));
      return;
    }
    writer.reasoning(thinking);
    writer.content(answer);
  }

  /** The document's own lines around the thinking; its closing as soon as the answer begins. */
  function inWrapper(thinking: string, answer: string, opening: string): string {
    let text = "";
    if (thinking !== "") {
      text = isWrapperOpen ? thinking : opening + thinking.trimStart();
      isWrapperOpen = true;
    }
    if (answer === "") return text;
    text += isWrapperOpen ? wrapperClosing + answer : answer;
    isWrapperOpen = false;
    return text;
  }

  function breakOff(): void {
    say(reading.end());
    if (sieve) {
      tell("", sieve.end());
      tellWritten();
    }
    if (isWrapperOpen) writer.content(wrapperClosing);
    isWrapperOpen = false;
  }

  return {
    take(data) {
      const added = answer.apply(data);
      if (added === null) say(reading.readAgain(answer.document.pieces()));
      else if (added !== "") say(reading.read(added, answer.isThinking));

      if (data.tool_calls) calls.noteDirect(data.tool_calls);
      const mayHoldNews = added === null || reading.blocks.length !== blocksSeen;
      if (mayHoldNews) calls.noteBlocks(reading.blocks);
      blocksSeen = reading.blocks.length;
      if (mayHoldNews || data.tool_calls || answer.phase === "other") {
        for (const call of calls.take(answer.phase === "other")) writer.toolCall(call);
      }
    },
    finish() {
      breakOff();
      for (const call of calls.take(true)) writer.toolCall(call);
      if (!writer.hasSpoken && answer.document.text === "") throw emptyAnswer(telling.target);
      if (wish?.mustCall && calls.told === 0) throw wordsInsteadOfCall(telling.target.upstream);
      writer.finish(calls.told > 0 ? "tool_calls" : "stop");
      if (answer.usage) writer.usage(answer.usage);
    },
    breakOff,
  };
}

/** For a client that wants a whole answer: the document as it stands in the end, corrections and all. */
export function createLateTeller(next: Sink<SseEvent>, telling: Telling): Teller {
  const isRaw = telling.ask.thinkMode === "raw";
  const writer = createChunkWriter(next, telling);
  const wish = readToolWish(telling.ask.body);
  const calls = createCallBook(wish, telling.id);
  const answer = createWebAnswer();

  function withoutCalls(words: string): string {
    if (wish === null) return words;
    const sieve = createCallSieve(wish);
    const rest = sieve.read(words) + sieve.end();
    calls.noteWritten(sieve.calls);
    return rest;
  }

  function breakOff(): void {
    const reading = createReading(false);
    for (const { text, isThinking } of answer.document.pieces()) reading.read(text, isThinking);
    reading.end();
    calls.noteBlocks(reading.blocks);
    if (isRaw && reading.opening !== null && reading.thinking !== "") {
      writer.content(withoutCalls(withoutBlocks(answer.document.text)));
      return;
    }
    writer.reasoning(reading.thinking);
    writer.content(withoutCalls(reading.answer));
  }

  return {
    take(data) {
      answer.apply(data);
      if (data.tool_calls) calls.noteDirect(data.tool_calls);
    },
    finish() {
      breakOff();
      for (const call of calls.take(true)) writer.toolCall(call);
      if (!writer.hasSpoken && answer.document.text === "") throw emptyAnswer(telling.target);
      if (wish?.mustCall && calls.told === 0) throw wordsInsteadOfCall(telling.target.upstream);
      writer.finish(calls.told > 0 ? "tool_calls" : "stop");
      if (answer.usage) writer.usage(answer.usage);
    },
    breakOff,
  };
}

const wrapperClosing = "\n</details>\n";
