import type { Clock } from "~/clock.ts";
import type { Writer } from "~/db/writer.ts";
import { GatewayError, StartError } from "~/errors.ts";
import { invalid } from "~/keys/fields.ts";
import { createQueue, type Who } from "~/keys/statements.ts";
import { chooseUpstream, type UpstreamChoice } from "~/upstreams/choose.ts";
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
import { type AddressChange, type NewUpstream, readNewUpstream, readUpstreamChange } from "./input.ts";
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

/** An address that may soon be an upstream's, and what would be shown it. */
export interface Candidate {
  name: string;
  choice: UpstreamChoice;
  token: string | null;
}

/** The upstreams and credentials that an owner added, and everything that may happen to them. */
export interface StoredUpstreams {
  list(): UpstreamView[];
  view(upstream: Ref): UpstreamView;
  /** Checks an upstream that is to be added, without adding it: for a look at its address before. */
  check(body: unknown, who: Who): Promise<Candidate>;
  add(body: unknown, who: Who): Promise<UpstreamView>;
  /** The same for one that is to be changed; null where its address stays. */
  checkEdit(upstream: Ref, body: unknown, who: Who): Promise<Candidate | null>;
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
  const viewed = async (changed: Promise<CredentialRow>) => {
    const row = await changed;
    return credentialView(row, findUpstream(room, row.upstreamId).url, clock.now());
  };
  const newUpstream = async (body: unknown, who: Who) => {
    const wanted = readNewUpstream(body);
    refuseTakenName(room, wanted.name);
    requireTermsAccepted(wanted.choice, wanted.acceptsCodingPlan);
    await refuseAddress(room, wanted.choice.url, who);
    return wanted;
  };
  const enabled = <Row extends { disabledAt: number | null }>(row: Row) => row.disabledAt === null;
  return {
    list: () => [...room.upstreams.values()].map(view),
    view: (upstream) => view(findUpstream(room, upstream)),
    async check(body, who) {
      const { name, choice, credential } = await newUpstream(body, who);
      return { name, choice, token: credential?.token ?? null };
    },
    add: async (body, who) => view(await addUpstream(room, await newUpstream(body, who), who)),
    async checkEdit(upstream, body, who) {
      const row = findUpstream(room, upstream);
      const choice = await newAddress(room, row, readUpstreamChange(body).address, who);
      const credential = credentialsOf(room, row).find(enabled);
      const token = credential ? shown(credential, subkey)[0]!.token : null;
      return choice && { name: row.name, choice, token };
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
  const { words, address } = readUpstreamChange(body);
  const choice = await newAddress(room, findUpstream(room, ref), address, who);
  return room.serially(async () => {
    const before = findUpstream(room, ref);
    if (words.name !== undefined) refuseTakenName(room, words.name, before.id);
    const moved = choice && { dialect: choice.dialect, url: choice.url, mayBePrivate: isTrusted(who) };
    const row = { ...before, ...words, ...moved };
    await commit(room, who, { upstream: row, action: "upstream.edit", ...about(before), after: wordsOf(row) });
    return row;
  });
}

/** Where an upstream is to move; null where it stays. Throws where it may not. */
async function newAddress(
  room: Room,
  before: UpstreamRow,
  { url, dialect, acceptsCodingPlan }: AddressChange,
  who: Who,
): Promise<UpstreamChoice | null> {
  const spoken = dialect ?? (url === null ? before.dialect : "auto");
  const choice = chooseUpstream({ url: url ?? before.url, dialect: spoken, token: null });
  if (choice.url === before.url && choice.dialect === before.dialect) return null;
  if (choice.url !== before.url) requireTermsAccepted(choice, acceptsCodingPlan);
  await refuseAddress(room, choice.url, who);
  return choice;
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
      `“${name}”是环境变量中的上游在记录里的名称，请换一个。`,
    );
  }
  const other = named([...upstreams.values()], name);
  if (other && other.id !== mine) {
    throw new GatewayError("conflict", `There is an upstream with the name '${name}' already.`, {
      zh: `已有名为“${name}”的上游。`,
      param: "name",
    });
  }
}

function about(row: UpstreamRow) {
  return { subject: `upstream ${row.id}`, before: wordsOf(row) };
}

function wordsOf({ name, dialect, url, priority, weight, models }: UpstreamRow) {
  return { name, dialect, url, priority, weight, models };
}
