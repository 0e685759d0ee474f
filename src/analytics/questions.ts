import { latestRequests } from "./latest-requests.ts";

/** Every question that the reader's thread answers. */
export const questions = { latestRequests };

export type Questions = typeof questions;
export type QuestionName = keyof Questions;
export type ArgsOf<Name extends QuestionName> = Parameters<Questions[Name]>[0];
export type AnswerOf<Name extends QuestionName> = ReturnType<Questions[Name]>;
