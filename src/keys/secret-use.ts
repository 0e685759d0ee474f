import type { Statement } from "~/db/writer.ts";
import type { AskRows } from "./audit-list.ts";
import { findLivingKey, livingSecrets, type Room } from "./room.ts";
import { moment, type SecretView, secretView } from "./view.ts";

/** Who uses one of a key's living secrets. */
export interface SecretUse extends SecretView {
  /** What the owner wants to know before he ends an overlap: `unused since …`, `still used by …`. */
  requests_last_hour: number;
  clients: { user_agent: string; address: string; requests: number; last_at: string }[];
}

/** The record's question: rows of user agent, address, requests, last moment. */
export type SecretUseQuestion = (keyId: number, secretId: number, since: number) => Statement;

/** The key's current secret and, while an overlap runs, the old one, each with its users of the last hour. */
export async function secretUses(
  room: Room,
  question: SecretUseQuestion,
  ask: AskRows,
  idOrName: number | string,
): Promise<SecretUse[]> {
  const now = room.clock.now();
  const key = findLivingKey(room.ring, idOrName);
  const { active, retiring } = livingSecrets(room, key, now);
  const living = [retiring, active].filter((secret) => secret !== null);
  return Promise.all(
    living.map(async (secret) => {
      const rows = await ask(question(key.id, secret.id, now - 3_600_000));
      const clients = rows.map(([userAgent, address, requests, lastAt]) => ({
        user_agent: String(userAgent ?? ""),
        address: String(address ?? ""),
        requests: Number(requests),
        last_at: moment(Number(lastAt)),
      }));
      const requests = clients.reduce((sum, client) => sum + client.requests, 0);
      return { ...secretView(secret), requests_last_hour: requests, clients };
    }),
  );
}
