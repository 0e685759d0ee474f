import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import type { Dialect, UpstreamModel } from "~/upstreams/upstream.ts";

/** Which models can be asked for, under which names. */
export interface Catalogue {
  /**
   * The model behind a name, and what a suffix of the name says of thinking. Throws `model_not_found` for a name that
   * nobody knows, unless a fallback is configured. `alias` is what the client's API takes an unknown name for.
   */
  find(asked: string, alias?: string): Promise<FoundModel>;
  /** Public names, the default first. */
  list(): Promise<string[]>;
}

export interface FoundModel {
  model: UpstreamModel;
  thinking: boolean | null;
}

/** The catalogue of one upstream. */
export interface OwnCatalogue extends Catalogue {
  /** The same from memory: null for a name that it does not have, undefined where it would have to be asked. */
  look(asked: string, alias?: string): FoundModel | null | undefined;
}

interface Wishes {
  /** A known model, or a public name for GLM-4.5. */
  modelName: string;
  /** What an unknown name becomes; null refuses it. */
  fallback: string | null;
  /** Asks the upstream which ids it has; null where it cannot be asked. */
  fetchIds: (() => Promise<string[]>) | null;
  /** How long the upstream's list is used again. */
  listTtlMs: number;
  /** How many names are learnt from it at most. */
  maxLearnt?: number;
}

export function createCatalogue(dialect: Dialect, wishes: Wishes, clock: Clock): OwnCatalogue {
  const { modelName, fallback, fetchIds, listTtlMs, maxLearnt = 1_000 } = wishes;
  const learnt = new Map<string, UpstreamModel>();
  const isOwnName = dialect.resolve(modelName) === null;
  let learning: Promise<void> | null = null;
  let staleAt = 0;

  function resolve(asked: string): UpstreamModel | null {
    const name = asked.trim().toLowerCase();
    if (isOwnName && name === modelName.toLowerCase()) return dialect.resolve("GLM-4.5");
    return dialect.resolve(asked) ?? learnt.get(name) ?? null;
  }

  const mayKnowMore = () => fetchIds !== null && clock.tick() >= staleAt;

  // A model that appeared at the upstream today works today. A list that cannot be had changes nothing.
  async function learn(): Promise<void> {
    if (fetchIds === null || !mayKnowMore()) return;
    learning ??= fetchIds()
      .then((ids) => {
        const isStatic = dialect.models.length > 0;
        for (const id of ids.slice(0, maxLearnt))
          if (!isStatic || dialect.resolve(id) === null) learnt.set(id.toLowerCase(), { id, name: id });
      })
      .catch(() => {})
      .finally(() => {
        staleAt = clock.tick() + listTtlMs;
        learning = null;
      });
    await learning;
  }

  /** An alias gives way to a model of just the name that was asked for. */
  function resolveWith(asked: string, alias: string | undefined): UpstreamModel | null {
    if (alias === undefined) return resolve(asked);
    if (dialect.models.length > 0) return resolve(asked) ?? resolve(alias);
    // Whose names are its own business takes any name for one of them.
    const isOwn = learnt.has(asked.toLowerCase());
    return (isOwn ? null : learnt.get(alias.toLowerCase())) ?? resolve(asked);
  }

  function look(asked: string, alias: string | undefined, isAll: boolean): FoundModel | null | undefined {
    // It may well have a model of just that name.
    if (alias !== undefined && dialect.models.length === 0 && !isAll) return undefined;
    const known = resolveWith(asked, alias);
    if (known) return { model: known, thinking: null };
    // `[1m]` is how Claude Code spells a long context, `-thinking` how older systems switched thinking on.
    const [, bare, suffix] = asked.match(/^(.+?)(\[1m\]|-thinking|-nothinking)$/i) ?? [];
    const meant = bare === undefined ? null : resolve(bare);
    if (meant) return { model: meant, thinking: suffix!.startsWith("[") ? null : !/no/i.test(suffix!) };
    return isAll ? null : undefined;
  }

  return {
    look: (asked, alias) => look(asked, alias, !mayKnowMore()),

    async find(asked, alias) {
      let found = look(asked, alias, false);
      if (found === undefined) {
        await learn();
        found = look(asked, alias, true);
      }
      if (found) return found;
      const model = fallback === null ? null : resolve(fallback);
      if (model) return { model, thinking: null };
      throw new GatewayError("model_not_found", `The model '${asked.slice(0, 100)}' does not exist here`, {
        param: "model",
      });
    },

    async list() {
      await learn();
      const known = [...dialect.models, ...learnt.values()].map(({ name }) => name);
      return [...new Set([modelName, ...known.filter((name) => name.toLowerCase() !== modelName.toLowerCase())])];
    },
  };
}
