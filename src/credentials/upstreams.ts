import type { Clock } from "~/clock.ts";
import type { Writer } from "~/db/writer.ts";
import { GatewayError, StartError } from "~/errors.ts";
import { invalid } from "~/keys/fields.ts";
import { createQueue, type Who } from "~/keys/statements.ts";
import { chooseUpstream } from "~/upstreams/choose.ts";
import { dialects } from "~/upstreams/upstream.ts";
import type { CredentialRow } from "../../drizzle/credentials.ts";
import type { UpstreamRow } from "../../drizzle/upstreams.ts";
import { isTrusted, type Resolve, refusePrivate, requireTermsAccepted } from "./address.ts";
import { unseal } from "./cipher.ts";
import {
  addCredential,
  editCredential,
  endOverlap,
  newCredential,
  removeCredential,
  rotateCredential,
  sealContext,
  switchCredential,
  undoRotation,
} from "./credentials.ts";
import { type NewUpstream, readNewUpstream, readUpstreamChange } from "./input.ts";
import type { UpstreamRows } from "./load.ts";
import { builtInName, commit, findCredential, findUpstream, isSameName, named, nextId, type Room } from "./room.ts";
import { type CredentialView, credentialView, type UpstreamView, upstreamView } from "./view.ts";

type Ref = number | string;

/** What an account shows its upstream, in the order in which it is tried. */
export interface Shown {
  name: string;
  token: string;
  /** When it may be shown no more, in ms since 1970; null: always. */
  until: number | null;
}

/** The upstreams and credentials that an owner added, and everything that may happen to them. */
export interface StoredUpstreams {
  list(): UpstreamView[];
  view(upstream: Ref): UpstreamView;
  /** Checks an upstream that is to be added, without adding it: for a look at its address before. */
  check(body: unknown, who: Who): Promise<NewUpstream>;
  add(body: unknown, who: Who): Promise<UpstreamView>;
  edit(upstream: Ref, body: unknown, who: Who): Promise<UpstreamView>;
  setEnabled(upstream: Ref, isEnabled: boolean, who: Who): Promise<UpstreamView>;
  /** Takes the row and its secrets away, for good. */
  remove(upstream: Ref, who: Who): Promise<void>;
  addCredential(upstream: Ref, body: unknown, who: Who): Promise<CredentialView>;
  editCredential(credential: Ref, body: unknown, who: Who): Promise<CredentialView>;
  setCredentialEnabled(credential: Ref, isEnabled: boolean, who: Who): Promise<CredentialView>;
  rotateCredential(credential: Ref, body: unknown, who: Who): Promise<CredentialView>;
  endOverlap(credential: Ref, who: Who): Promise<CredentialView>;
  undoRotation(credential: Ref, who: Who): Promise<CredentialView>;
  removeCredential(credential: Ref, who: Who): Promise<void>;
  /** The enabled ones, for the gateway. */
  rows(): { upstream: UpstreamRow; credentials: CredentialRow[] }[];
  /** Opens a credential's secrets: the current one, then one that retires. */
  shown(credential: CredentialRow): Shown[];
  /** Calls back after each change; one listener. */
  onChange(changed: () => void): void;
}

export function createStoredUpstreams(parts: {
  writer: Writer;
  clock: Clock;
  subkey: Uint8Array;
  rows: UpstreamRows;
  mayBePrivate: boolean;
  resolve: Resolve | null;
}): StoredUpstreams {
  const { writer, clock, subkey, rows, mayBePrivate, resolve } = parts;
  let changed = () => {};
  const room: Room = {
    writer,
    clock,
    subkey,
    upstreams: new Map(rows.upstreams.map((row) => [row.id, row])),
    credentials: new Map(rows.credentials.map((row) => [row.id, row])),
    mayBePrivate,
    resolve,
    serially: createQueue(),
    changed: () => changed(),
  };
  for (const row of rows.credentials) {
    if (unseal(row.sealed, subkey, sealContext(row.id)) === null) {
      throw new StartError(
        `The credential '${row.name}' cannot be opened with this master secret: the database was changed by something other than zgate. Restore a backup.`,
      );
    }
  }

  const view = (row: UpstreamRow) => upstreamView(row, credentialsOf(room, row), clock.now());
  const viewed = async (row: Promise<CredentialRow>) => credentialView(await row, clock.now());
  const enabled = <Row extends { disabledAt: number | null }>(row: Row) => row.disabledAt === null;
  return {
    list: () => [...room.upstreams.values()].map(view),
    view: (upstream) => view(findUpstream(room, upstream)),
    async check(body, who) {
      const wanted = readNewUpstream(body);
      refuseTakenName(room, wanted.name);
      requireTermsAccepted(wanted.choice, wanted.acceptsCodingPlan);
      await refuseAddress(room, wanted.choice.url, who);
      return wanted;
    },
    async add(body, who) {
      const wanted = await this.check(body, who);
      return view(await addUpstream(room, wanted, who));
    },
    edit: async (upstream, body, who) => view(await editUpstream(room, upstream, body, who)),
    setEnabled: async (upstream, isEnabled, who) => view(await switchUpstream(room, upstream, isEnabled, who)),
    remove: (upstream, who) =>
      room.serially(async () => {
        const row = findUpstream(room, upstream);
        await commit(room, who, { without: { upstream: row }, action: "upstream.remove", ...about(row) });
      }),
    addCredential: (upstream, body, who) => viewed(addCredential(room, upstream, body, who)),
    editCredential: (credential, body, who) => viewed(editCredential(room, credential, body, who)),
    setCredentialEnabled: (credential, isEnabled, who) => viewed(switchCredential(room, credential, isEnabled, who)),
    rotateCredential: (credential, body, who) => viewed(rotateCredential(room, credential, body, who)),
    endOverlap: (credential, who) => viewed(endOverlap(room, credential, who)),
    undoRotation: (credential, who) => viewed(undoRotation(room, credential, who)),
    removeCredential: (credential, who) => removeCredential(room, credential, who),
    rows: () =>
      [...room.upstreams.values()].filter(enabled).map((upstream) => ({
        upstream,
        credentials: credentialsOf(room, upstream),
      })),
    shown: (credential) => shown(findCredential(room, credential.id), subkey),
    onChange(listener) {
      changed = listener;
    },
  };
}

function shown(row: CredentialRow, subkey: Uint8Array): Shown[] {
  const open = (sealed: Uint8Array) => unseal(sealed, subkey, sealContext(row.id));
  const current = open(row.sealed);
  if (current === null) throw new Error(`The credential ${row.id} does not open`);
  const old = row.retiring && row.retiringUntil !== null ? open(row.retiring) : null;
  return [
    { name: row.name, token: current, until: null },
    ...(old === null ? [] : [{ name: row.name, token: old, until: row.retiringUntil }]),
  ];
}

function credentialsOf(room: Room, { id }: UpstreamRow): CredentialRow[] {
  return [...room.credentials.values()].filter((row) => row.upstreamId === id);
}

function addUpstream(room: Room, wanted: NewUpstream, who: Who): Promise<UpstreamRow> {
  return room.serially(async () => {
    // The look at the address took its time; somebody else may have been faster.
    refuseTakenName(room, wanted.name);
    const now = room.clock.now();
    const { name, priority, weight, models, choice } = wanted;
    const { dialect, url } = choice;
    const id = nextId(room.upstreams.keys());
    const row: UpstreamRow = {
      ...{ id, name, dialect, url, priority, weight, models },
      mayBePrivate: isTrusted(who),
      disabledAt: null,
      createdAt: now,
    };
    const credential = wanted.credential ? newCredential(room, id, wanted.credential) : undefined;
    await commit(room, who, {
      upstream: row,
      credential,
      action: "upstream.add",
      subject: `upstream ${id}`,
      after: { name, dialect, url, credential: credential?.hint ?? null },
    });
    return row;
  });
}

async function editUpstream(room: Room, ref: Ref, body: unknown, who: Who): Promise<UpstreamRow> {
  const { address, acceptsCodingPlan, ...changes } = readUpstreamChange(body);
  const choice = address && chooseUpstream({ ...address, token: null });
  if (choice) {
    requireTermsAccepted(choice, acceptsCodingPlan);
    await refuseAddress(room, choice.url, who);
  }
  return room.serially(async () => {
    const before = findUpstream(room, ref);
    if (changes.name !== undefined) refuseTakenName(room, changes.name, before.id);
    const moved = choice && { dialect: choice.dialect, url: choice.url, mayBePrivate: isTrusted(who) };
    const row = { ...before, ...changes, ...moved };
    await commit(room, who, { upstream: row, action: "upstream.edit", ...about(before), after: wordsOf(row) });
    return row;
  });
}

function switchUpstream(room: Room, ref: Ref, isEnabled: boolean, who: Who): Promise<UpstreamRow> {
  return room.serially(async () => {
    const before = findUpstream(room, ref);
    const row = { ...before, disabledAt: isEnabled ? null : (before.disabledAt ?? room.clock.now()) };
    await commit(room, who, {
      upstream: row,
      action: isEnabled ? "upstream.enable" : "upstream.disable",
      subject: `upstream ${row.id}`,
    });
    return row;
  });
}

async function refuseAddress(room: Room, url: string, who: Who): Promise<void> {
  if (!room.mayBePrivate && !isTrusted(who)) await refusePrivate(url, room.resolve);
}

function refuseTakenName({ upstreams }: Room, name: string, mine: number | null = null): void {
  // Rows of the environment's upstream carry its dialect's name.
  if ([builtInName, ...dialects].some((taken) => isSameName(taken, name))) {
    throw invalid(
      "name",
      `'${name}' is what the upstream of the environment is called in the records; choose another.`,
    );
  }
  const other = named([...upstreams.values()], name);
  if (other && other.id !== mine) {
    throw new GatewayError("conflict", `There is an upstream with the name '${name}' already.`, { param: "name" });
  }
}

function about(row: UpstreamRow) {
  return { subject: `upstream ${row.id}`, before: wordsOf(row) };
}

function wordsOf({ name, dialect, url, priority, weight, models }: UpstreamRow) {
  return { name, dialect, url, priority, weight, models };
}
