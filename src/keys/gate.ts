import { eq } from "drizzle-orm";
import type { Clock } from "~/clock.ts";
import type { Writer } from "~/db/writer.ts";
import { GatewayError } from "~/errors.ts";
import { type BlockedNetworkRow, blockedNetworks } from "../../drizzle/blocked-networks.ts";
import { invalid, noNetwork, readBody, readText } from "./fields.ts";
import { type NetworkCheck, networkCheck, readNetwork, strangerOf } from "./networks.ts";
import { settingStatement } from "./settings.ts";
import { audit, build, createQueue, type Who } from "./statements.ts";
import { createThrottle } from "./throttle.ts";
import { moment } from "./view.ts";

/** What stands before every key: who is blocked, who is too fast, and whether anything is served at all. */
export interface Gate {
  /** Throws `address_not_allowed` for a blocked address, `too_many_requests` for one that is too fast. From memory. */
  admit(address: string): void;
  /** Throws `address_not_allowed` for a blocked address: for the doors that are not the APIs'. */
  refuseBlocked(address: string): void;
  /** Throws `paused`, with the owner's own sentence, while inference is switched off. */
  requireRunning(): void;
  state(): GateView;
  /** `body.message`: what those who ask are told. */
  pause(body: unknown, who: Who): Promise<GateView>;
  resume(who: Who): Promise<GateView>;
  /**
   * `body.network`: an address or a network; `body.note`: why. Refused for whoever would lock himself out, and for more
   * of the world than a block can be meant for.
   */
  block(body: unknown, who: Who): Promise<BlockView>;
  unblock(network: string, who: Who): Promise<void>;
  blocked(): BlockView[];
}

export interface GateView {
  paused: boolean;
  message: string | null;
  since: string | null;
}

export interface BlockView {
  network: string;
  note: string;
  created_at: string;
}

interface Pause {
  message: string;
  since: number;
}

export function createGate(parts: {
  writer: Writer;
  clock: Clock;
  rows: readonly BlockedNetworkRow[];
  settings: ReadonlyMap<string, unknown>;
  /** Requests a minute from one address (IPv6: one /64); null for as many as it likes. */
  perAddress: number | null;
}): Gate {
  const { writer, clock, perAddress } = parts;
  const blocks = new Map(parts.rows.map((row) => [row.network, row]));
  const throttle = perAddress === null ? null : createThrottle(perAddress);
  const serially = createQueue();
  let isBlocked: NetworkCheck | null = null;
  let pause = readPause(parts.settings.get(pauseName));
  look();

  // The check is made anew at every change, so that a request pays for one look-up only, and for none without blocks.
  function look(): void {
    isBlocked = blocks.size === 0 ? null : networkCheck([...blocks.keys()]);
  }

  function refuseBlocked(address: string): void {
    if (!isBlocked?.(address)) return;
    throw new GatewayError("address_not_allowed", "Requests from this address are not accepted here.", {
      zh: "此处不接受来自该地址的请求。",
    });
  }

  function state(): GateView {
    return { paused: pause !== null, message: pause?.message ?? null, since: pause && moment(pause.since) };
  }

  async function putPause(next: Pause | null, action: string, who: Who): Promise<GateView> {
    const now = clock.now();
    await writer.write([
      settingStatement(pauseName, next ?? false, now),
      audit(who, now, { action, subject: "inference", after: next ? { message: next.message } : {} }),
    ]);
    pause = next;
    return state();
  }

  return {
    refuseBlocked,

    admit(address) {
      refuseBlocked(address);
      const waitMs = throttle?.(strangerOf(address), clock.now()) ?? 0;
      if (waitMs === 0) return;
      const message = `More than ${perAddress} requests a minute came from this address. Try again in ${Math.ceil(waitMs / 1000)} s.`;
      throw new GatewayError("too_many_requests", message, { retryAfterMs: waitMs });
    },

    requireRunning() {
      if (pause) throw new GatewayError("paused", pause.message, { retryAfterMs: 60_000 });
    },

    state,

    pause: (body, who) =>
      serially(() => {
        const fields = readBody(body ?? {}, ["message"]);
        const message = fields.message === undefined ? "" : readText(0, 500)(fields.message, "message");
        return putPause({ message: message || usualMessage, since: clock.now() }, "inference.pause", who);
      }),

    resume: (who) => serially(() => putPause(null, "inference.resume", who)),

    block: (body, who) =>
      serially(async () => {
        const now = clock.now();
        const fields = readBody(body, ["network", "note"]);
        const network = readNetworkName(fields.network);
        const note = fields.note === undefined ? "" : readText(0, 500)(fields.note, "note");
        refuseTooWide(network);
        if (networkCheck([network])(who.address))
          throw invalid(
            "network",
            `${network} holds ${who.address}, where you are: you would lock yourself out.`,
            `${network} 包含你当前的地址 ${who.address}：你会把自己锁在外面。`,
          );
        if (!blocks.has(network) && blocks.size >= mostBlocks)
          throw invalid(
            "network",
            `At most ${mostBlocks} networks can be blocked.`,
            `最多可屏蔽 ${mostBlocks} 个网段。`,
          );
        const row: BlockedNetworkRow = { network, note, createdAt: now };
        await writer.write([
          build
            .insert(blockedNetworks)
            .values(row)
            .onConflictDoUpdate({ target: blockedNetworks.network, set: { note } })
            .toSQL(),
          audit(who, now, { action: "network.block", subject: `network ${network}`, after: { note } }),
        ]);
        blocks.set(network, row);
        look();
        return view(row);
      }),

    unblock: (text, who) =>
      serially(async () => {
        const network = readNetworkName(text);
        const row = blocks.get(network);
        if (!row) {
          const zh = `${network} 未被屏蔽。`;
          throw new GatewayError("not_found", `${network} is not blocked.`, { zh, param: "network" });
        }
        await writer.write([
          build.delete(blockedNetworks).where(eq(blockedNetworks.network, network)).toSQL(),
          audit(who, clock.now(), {
            action: "network.unblock",
            subject: `network ${network}`,
            before: { note: row.note },
          }),
        ]);
        blocks.delete(network);
        look();
      }),

    blocked: () => [...blocks.values()].map(view),
  };
}

const pauseName = "pause";
const usualMessage = "This gateway is paused by its owner. Try again later.";
const mostBlocks = 10_000;

function readPause(value: unknown): Pause | null {
  if (typeof value !== "object" || value === null) return null;
  const { message, since } = value as Partial<Pause>;
  return typeof message === "string" && typeof since === "number" ? { message, since } : null;
}

function readNetworkName(value: unknown): string {
  const network = typeof value === "string" ? readNetwork(value) : null;
  if (network !== null) return network;
  throw noNetwork("network");
}

/** One registry's share is the widest network that anybody can have a quarrel with. */
function refuseTooWide(network: string): void {
  const [base = "", bits] = network.split("/");
  const least = base.includes(":") ? 16 : 8;
  if (bits === "0")
    throw invalid(
      "network",
      `${network} is everybody. To stop all inference, pause it.`,
      `${network} 是所有人。要停止所有推理，请使用暂停。`,
    );
  if (Number(bits) < least)
    throw invalid(
      "network",
      `${network} is too much of the world: a network of /${least} is the widest to block.`,
      `${network} 范围过大：最大可屏蔽 /${least}。`,
    );
}

function view(row: BlockedNetworkRow): BlockView {
  return { network: row.network, note: row.note, created_at: moment(row.createdAt) };
}
