import { alertTraffic } from "./alert-facts.ts";
import { breakdown } from "./breakdown.ts";
import { captureFacts, captureOf, captureSums } from "./captures.ts";
import { choices } from "./choices.ts";
import { exportPiece } from "./export.ts";
import { olderRequests, olderStats } from "./older-stats.ts";
import { oneRequest } from "./one-request.ts";
import { overview } from "./overview.ts";
import { requestList, requestNews } from "./request-list.ts";
import { storage } from "./storage.ts";

/** Every question that the reader's thread answers. */
export const questions = {
  overview,
  breakdown,
  requestList,
  requestNews,
  exportPiece,
  oneRequest,
  choices,
  storage,
  olderStats,
  olderRequests,
  alertTraffic,
  captureOf,
  captureFacts,
  captureSums,
};

export type Questions = typeof questions;
export type QuestionName = keyof Questions;
export type ArgsOf<Name extends QuestionName> = Parameters<Questions[Name]>[0];
export type AnswerOf<Name extends QuestionName> = ReturnType<Questions[Name]>;
