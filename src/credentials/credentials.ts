import { GatewayError } from "~/errors.ts";
import type { Who } from "~/keys/statements.ts";
import { moment } from "~/keys/view.ts";
import type { CredentialRow } from "../../drizzle/credentials.ts";
import { seal } from "./cipher.ts";
import { hintOf, type NewCredential, readCredentialChange, readNewCredential, readRotation } from "./input.ts";
import { commit, findCredential, findUpstream, isSameName, nextId, type Room } from "./room.ts";

type Ref = number | string;

/** What a sealed secret is bound to: the row that it belongs to. */
export const sealContext = (id: number): string => `zgate credential ${id}`;

/** A row that is not written yet. */
export function newCredential(room: Room, upstreamId: number, wanted: NewCredential): CredentialRow {
  const id = nextId(room.credentials.keys());
  const { name, priority, weight, models, inFlight, token } = wanted;
  return {
    id,
    upstreamId,
    name,
    priority,
    weight,
    models,
    inFlight,
    sealed: seal(token, room.subkey, sealContext(id)),
    hint: hintOf(token),
    ...nothingRetires,
    rotatedAt: null,
    disabledAt: null,
    createdAt: room.clock.now(),
  };
}

export async function addCredential(room: Room, upstream: Ref, body: unknown, who: Who): Promise<CredentialRow> {
  const wanted = readNewCredential(body);
  return room.serially(async () => {
    const { id } = findUpstream(room, upstream);
    refuseTakenName(room, id, wanted.name);
    const row = newCredential(room, id, wanted);
    const after = { upstream: id, ...wordsOf(row) };
    await commit(room, who, { credential: row, action: "credential.add", subject: subject(row), after });
    return row;
  });
}

export async function editCredential(room: Room, ref: Ref, body: unknown, who: Who): Promise<CredentialRow> {
  const changes = readCredentialChange(body);
  return change(room, ref, who, "credential.edit", (before) => {
    if (changes.name !== undefined) refuseTakenName(room, before.upstreamId, changes.name, before.id);
    return { ...before, ...changes };
  });
}

export function switchCredential(room: Room, ref: Ref, isEnabled: boolean, who: Who): Promise<CredentialRow> {
  const action = isEnabled ? "credential.enable" : "credential.disable";
  return change(room, ref, who, action, (before) => ({
    ...before,
    disabledAt: isEnabled ? null : (before.disabledAt ?? room.clock.now()),
  }));
}

/** Shows the new secret from now on; the old one helps out where the new one is refused, until its overlap ends. */
export async function rotateCredential(room: Room, ref: Ref, body: unknown, who: Who): Promise<CredentialRow> {
  const { token, overlapMs } = readRotation(body);
  return change(room, ref, who, "credential.rotate", (before) => {
    const now = room.clock.now();
    if (before.retiring !== null && before.retiringUntil! > now && overlapMs > 0) throw stillOverlapping(before);
    const old = { retiring: before.sealed, retiringHint: before.hint, retiringUntil: now + overlapMs };
    return {
      ...before,
      ...(overlapMs > 0 ? old : nothingRetires),
      sealed: seal(token, room.subkey, sealContext(before.id)),
      hint: hintOf(token),
      rotatedAt: now,
    };
  });
}

export function endOverlap(room: Room, ref: Ref, who: Who): Promise<CredentialRow> {
  return change(room, ref, who, "credential.end-overlap", (before) => {
    requireOverlap(before);
    return { ...before, ...nothingRetires };
  });
}

/** Goes back to the old secret; the new one is gone. */
export function undoRotation(room: Room, ref: Ref, who: Who): Promise<CredentialRow> {
  return change(room, ref, who, "credential.undo-rotation", (before) => {
    requireOverlap(before);
    return { ...before, sealed: before.retiring!, hint: before.retiringHint!, ...nothingRetires };
  });
}

export function removeCredential(room: Room, ref: Ref, who: Who): Promise<void> {
  return room.serially(async () => {
    const row = findCredential(room, ref);
    const words = { subject: subject(row), before: wordsOf(row) };
    await commit(room, who, { without: { credential: row }, action: "credential.remove", ...words });
  });
}

const nothingRetires = { retiring: null, retiringHint: null, retiringUntil: null };

function change(
  room: Room,
  ref: Ref,
  who: Who,
  action: string,
  edit: (before: CredentialRow) => CredentialRow,
): Promise<CredentialRow> {
  return room.serially(async () => {
    const before = findCredential(room, ref);
    const row = edit(before);
    const words = { subject: subject(row), before: wordsOf(before), after: wordsOf(row) };
    await commit(room, who, { credential: row, action, ...words });
    return row;
  });
}

function refuseTakenName(room: Room, upstreamId: number, name: string, mine: number | null = null): void {
  for (const row of room.credentials.values()) {
    if (row.upstreamId !== upstreamId || row.id === mine || !isSameName(row.name, name)) continue;
    throw new GatewayError("conflict", `This upstream has a credential with the name '${name}' already.`, {
      zh: `此上游已有名为“${name}”的凭据。`,
      param: "name",
    });
  }
}

function requireOverlap({ name, retiring }: CredentialRow): void {
  if (retiring !== null) return;
  throw new GatewayError("conflict", `The credential '${name}' has no old secret any more.`, {
    zh: `凭据“${name}”已没有旧密钥。`,
    param: "credential",
  });
}

function stillOverlapping({ name, retiringHint, retiringUntil }: CredentialRow): GatewayError {
  const until = moment(retiringUntil!);
  return new GatewayError(
    "conflict",
    `The credential '${name}' still has its old secret ${retiringHint} until ${until}: end that overlap first, or rotate with "overlap": "0".`,
    {
      zh: `凭据“${name}”的旧密钥 ${retiringHint} 有效至 ${until}：请先停用旧的。`,
      param: "credential",
    },
  );
}

const subject = ({ id }: CredentialRow): string => `credential ${id}`;

/** Without secrets: for the audit log. */
function wordsOf({ name, hint, priority, weight, models, inFlight }: CredentialRow) {
  return { name, hint, priority, weight, models, in_flight: inFlight };
}
