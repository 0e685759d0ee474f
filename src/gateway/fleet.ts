import { type Alias, findAlias } from "~/chat/aliases.ts";
import type { ModelChains } from "~/config/models.ts";
import type { Shown, StoredUpstreams } from "~/credentials/upstreams.ts";
import { GatewayError } from "~/errors.ts";
import type { Dialect, DialectName, UpstreamModel } from "~/upstreams/upstream.ts";
import { type Account, awake, createFilter, limitFor, type Rest, type Route } from "./account.ts";
import type { Call } from "./call.ts";
import type { Catalogue, FoundModel } from "./catalogue.ts";
import { createPlaces, type Places } from "./places.ts";
import { createStates, type StateParts } from "./states.ts";
import { createUpstream, type Upstream } from "./upstream.ts";

/** All that can be asked: the upstream of the environment and those that were added, each with its accounts. */
export interface Fleet extends Catalogue {
  /**
   * Every way to have a model answered, those for the model itself first, then those for its stand-ins where
   * `MODEL_FAILOVER` names some and `mayUse` allows them. Throws `model_not_found` where nobody knows it.
   */
  routes(asked: string, alias: string | undefined, mayUse: (names: readonly string[]) => boolean): Promise<Route[]>;
  places: Places;
  /** An account said no to everything, or to one model: others go first for so long. */
  rest(route: Route, of: "account" | "model", ms: number, reason: string): void;
  /** An answer came to what was asked at this moment: a rest that had begun by then is over. */
  answered(route: Route, askedTick: number): void;
  /** Forgets every rest of an account, since its owner has seen to it; with a model, those that keep it from that one. */
  wake(accountId: string, model?: string): void;
  upstreams(): readonly Upstream[];
  accounts(): readonly Account[];
}

/** What the environment says of an upstream. */
export interface EnvironmentUpstream {
  dialect: DialectName;
  url: string;
  baseIsDefault: boolean;
  token: string | null;
  inFlight: Readonly<Record<string, number>> | null;
  /** Whether it serves only while nobody has added another: nothing about it was said. */
  isStopgap: boolean;
}

export interface FleetParts extends StateParts {
  /** The owner's own names for models, before all others. */
  aliases: readonly Alias[];
  dialects: Readonly<Record<DialectName, Dialect>>;
  environment: EnvironmentUpstream | null;
  stored: Pick<StoredUpstreams, "rows" | "shown" | "onChange">;
  guestsAllowed: boolean;
  guestTtlMs: number;
  modelName: string;
  /** What an unknown name becomes; null refuses it. */
  fallback: string | null;
  listTtlMs: number;
  chains: ModelChains | null;
  queue: { queue: number; queueMs: number };
  /** The way to what the environment or the command line named. */
  call: Call;
  /** The way to what a page or the API named: never into a private network. */
  publicCall: Call;
}

export const environmentId = "environment";

interface Group {
  upstream: Upstream;
  serves: Account["serves"];
  accounts: Account[];
}

export function createFleet(parts: FleetParts): Fleet {
  const { stored, clock, chains, fallback } = parts;
  const states = createStates(parts);
  const places = createPlaces(parts.queue, clock);
  let upstreams = new Map<string, Upstream>();
  let accounts: Account[] = [];
  /** Accounts by the upstream that they belong to, in the order in which models are sought. */
  let groups: Group[] = [];

  function build(): void {
    const before = upstreams;
    upstreams = new Map();
    groups = [];
    const keep = (id: string, make: () => Upstream): Upstream => {
      const old = before.get(id);
      const fresh = make();
      // What was learnt of an upstream stays true while its address does.
      const isSame =
        old &&
        old.url === fresh.url &&
        old.dialect === fresh.dialect &&
        old.name === fresh.name &&
        old.call === fresh.call;
      const upstream = isSame ? old : fresh;
      upstreams.set(id, upstream);
      return upstream;
    };
    const holderOf = (id: string) => () => {
      const group = groups.find(({ upstream }) => upstream === upstreams.get(id));
      return group?.accounts[0]?.pool ?? null;
    };

    const rows = stored.rows();
    const { environment } = parts;
    if (environment && !(environment.isStopgap && rows.length > 0)) {
      const { dialect, url, baseIsDefault, token, inFlight } = environment;
      const name = { name: environmentId, label: dialect };
      const wishes = { ...parts, ...name, dialect: parts.dialects[dialect], url, baseIsDefault };
      const upstream = keep(environmentId, () => createUpstream(wishes, holderOf(environmentId), parts.call, clock));
      const tokens: Shown[] = token === null ? [] : [{ name: "ZAI_TOKEN", token, until: null }];
      const account = accountOf(environmentId, upstream, tokens, { inFlight });
      groups.push({ upstream, serves: () => true, accounts: [account] });
    }
    for (const { upstream: row, credentials } of rows) {
      const id = `upstream ${row.id}`;
      const name = { name: row.name, label: row.name };
      const wishes = { ...parts, ...name, dialect: parts.dialects[row.dialect], url: row.url, baseIsDefault: false };
      const call = row.mayBePrivate ? parts.call : parts.publicCall;
      const upstream = keep(id, () => createUpstream(wishes, holderOf(id), call, clock));
      const serves = createFilter(row.models);
      const own = credentials
        .filter((credential) => credential.disabledAt === null)
        .map((credential) =>
          accountOf(`credential ${credential.id}`, upstream, stored.shown(credential), {
            name: credential.name,
            priority: row.priority * 10_000 + credential.priority,
            weight: row.weight * credential.weight,
            serves: both(serves, createFilter(credential.models)),
            inFlight: credential.inFlight,
          }),
        );
      // One whose credentials are all switched off is not asked without any.
      if (credentials.length === 0) {
        own.push(accountOf(id, upstream, [], { priority: row.priority * 10_000, weight: row.weight, serves }));
      }
      groups.push({ upstream, serves, accounts: own });
    }
    groups.sort((a, b) => (a.accounts[0]?.priority ?? 0) - (b.accounts[0]?.priority ?? 0));
    accounts = groups.flatMap((group) => group.accounts);
    places.again();
  }

  interface AccountWishes {
    name?: string;
    priority?: number;
    weight?: number;
    serves?: Account["serves"];
    inFlight?: Readonly<Record<string, number>> | null;
  }

  function accountOf(id: string, upstream: Upstream, tokens: readonly Shown[], wishes: AccountWishes): Account {
    const {
      name = tokens[0]?.name ?? "none",
      priority = usualPriority,
      weight = 1,
      serves = createFilter(null),
    } = wishes;
    const limits = wishes.inFlight ?? null;
    const state = states.of(id);
    for (const slot of state.slots.values()) {
      slot.served = 0;
      slot.limit = limitFor(slot.model, limits);
    }
    return {
      id,
      upstream,
      pool: upstream.createPool(tokens),
      name,
      priority,
      weight,
      serves,
      state,
      slot: (model) => state.slots.get(model) ?? states.addSlot(id, model, limits),
    };
  }

  function addRoutes(routes: Route[], group: Group, asked: string, found: FoundModel, rank: number): void {
    const { model, thinking } = found;
    const names = [asked, model.id, model.name];
    for (const account of group.accounts) {
      if (account.serves(names)) routes.push({ account, model, thinking, rank, slot: account.slot(model.id) });
    }
  }

  /** As far as nobody has to be asked for them; null where somebody has. */
  function knownRoutes(asked: string, alias: string | undefined): Route[] | null {
    const routes: Route[] = [];
    for (const group of groups) {
      const found = group.upstream.catalogue.look(asked, alias);
      if (found === undefined) return null;
      if (found !== null) addRoutes(routes, group, asked, found, 0);
    }
    return routes.length > 0 ? routes : null;
  }

  async function routesFor(asked: string, alias: string | undefined, rank: number): Promise<Route[]> {
    const routes: Route[] = [];
    for (const group of groups) {
      const found = await seek(group.upstream.catalogue, asked, alias);
      if (found !== null) addRoutes(routes, group, asked, found, rank);
    }
    return routes;
  }

  async function routesOrFallback(name: string, alias: string | undefined): Promise<Route[]> {
    const asked = findAlias(name, parts.aliases) ?? name;
    // What an API takes a name for gives way to what the owner does.
    const also = asked === name ? alias : undefined;
    const routes = knownRoutes(asked, also) ?? (await routesFor(asked, also, 0));
    if (routes.length > 0) return routes;
    const instead = fallback === null ? [] : await routesFor(fallback, undefined, 0);
    if (instead.length > 0) return instead;
    throw noSuchModel(asked);
  }

  stored.onChange(build);
  build();
  return {
    places,
    async routes(asked, alias, mayUse) {
      const routes = await routesOrFallback(asked, alias);
      const standIns = chains === null ? [] : standInsFor(chains, asked, routes[0]!.model);
      for (const [at, name] of standIns.entries()) {
        const further = await routesFor(name, undefined, at + 1);
        if (further[0] && mayUse([name, further[0].model.id])) routes.push(...further);
      }
      return routes;
    },
    async find(asked, alias) {
      const [{ model, thinking }] = (await routesOrFallback(asked, alias)) as [Route];
      return { model, thinking };
    },
    async list() {
      const lists = await Promise.all(
        groups.map(async ({ upstream, serves }) => (await upstream.catalogue.list()).filter((name) => serves([name]))),
      );
      const names = new Map(lists.flat().map((name) => [name.toLowerCase(), name]));
      for (const { pattern, model } of parts.aliases) {
        const isListed = !pattern.includes("*") && (await routesFor(model, undefined, 0)).length > 0;
        if (isListed && !names.has(pattern.toLowerCase())) names.set(pattern.toLowerCase(), pattern);
      }
      return [...names.values()];
    },
    rest(route, of, ms, reason) {
      const sinceTick = clock.tick();
      const rest = { sinceTick, untilTick: sinceTick + ms, reason };
      if (of === "account") route.account.state.rest = rest;
      else route.slot.rest = rest;
      states.save(route.account.id, of === "account" ? null : route.slot);
    },
    answered({ account, slot }, askedTick) {
      if (isOver(account.state.rest, askedTick)) {
        account.state.rest = awake;
        states.save(account.id, null);
      }
      if (isOver(slot.rest, askedTick)) {
        slot.rest = awake;
        states.save(account.id, slot);
      }
    },
    wake: states.wake,
    upstreams: () => [...upstreams.values()],
    accounts: () => accounts,
  };
}

/** Whether an answer to what was asked at this moment ends a rest. What was asked before it began says nothing new. */
function isOver(rest: Rest, askedTick: number): boolean {
  return rest !== awake && askedTick >= rest.sinceTick;
}

const both =
  (one: Account["serves"], other: Account["serves"]): Account["serves"] =>
  (names) =>
    one(names) && other(names);

/** What upstreams and credentials have unless somebody says otherwise. */
const usualPriority = 10 * 10_000 + 10;

async function seek(catalogue: Catalogue, asked: string, alias: string | undefined) {
  try {
    return await catalogue.find(asked, alias);
  } catch (error) {
    if (error instanceof GatewayError && error.kind === "model_not_found") return null;
    throw error;
  }
}

function standInsFor(chains: ModelChains, asked: string, { id, name }: UpstreamModel): readonly string[] {
  return chains[asked.toLowerCase()] ?? chains[id.toLowerCase()] ?? chains[name.toLowerCase()] ?? [];
}

function noSuchModel(asked: string): GatewayError {
  return new GatewayError("model_not_found", `The model '${asked.slice(0, 100)}' does not exist here`, {
    param: "model",
  });
}
