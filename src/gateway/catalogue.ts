import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import type { Dialect, UpstreamModel } from "~/upstreams/upstream.ts";

/** Which models can be asked for, under which names. */
export interface Catalogue {
  /**
   * The model behind a name, and what a suffix of the name says of thinking. Throws `model_not_found` for a name that
   * nobody knows, unless a fallback is configured. `alias` is what the client's API takes an unknown name for.
   */
  find(asked: string, alias?: string): Promise<{ model: UpstreamModel; thinking: boolean | null }>;
  /** Public names, the default first. */
  list(): Promise<string[]>;
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

export function createCatalogue(dialect: Dialect, wishes: Wishes, clock: Clock): Catalogue {
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

  // A model that appeared at the upstream today works today. A list that cannot be had changes nothing.
  async function learn(): Promise<void> {
    if (fetchIds === null || clock.tick() < staleAt) return;
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

  // An upstream whose names are its own business may well have a model of just that name.
  async function resolveAlias(asked: string, alias: string): Promise<UpstreamModel | null> {
    if (dialect.models.length > 0) return resolve(asked) ?? resolve(alias);
    await learn();
    return learnt.has(asked.toLowerCase()) ? null : (learnt.get(alias.toLowerCase()) ?? null);
  }

  return {
    async find(asked, alias) {
      const known = (alias === undefined ? null : await resolveAlias(asked, alias)) ?? resolve(asked);
      if (known) return { model: known, thinking: null };
      // `[1m]` is how Claude Code spells a long context, `-thinking` how older systems switched thinking on.
      const [, bare, suffix] = asked.match(/^(.+?)(\[1m\]|-thinking|-nothinking)$/i) ?? [];
      const meant = bare === undefined ? null : resolve(bare);
      if (meant) return { model: meant, thinking: suffix!.startsWith("[") ? null : !/no/i.test(suffix!) };
      await learn();
      const model = resolve(asked) ?? (fallback === null ? null : resolve(fallback));
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
