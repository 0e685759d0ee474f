import { openai } from "./openai/index.ts";
import type { Dialect, DialectName } from "./upstream.ts";
import { zai } from "./zai/index.ts";
import { zaiWeb } from "./zai-web/index.ts";

export const dialectsByName: Record<DialectName, Dialect> = { zai, "zai-web": zaiWeb, openai };
