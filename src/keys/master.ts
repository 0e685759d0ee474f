import { hkdfSync, timingSafeEqual } from "node:crypto";
import { StartError } from "~/errors.ts";

/**
 * The keys that are cut from the master secret, one for each use, so that none of them helps with another.
 * The master secret itself is never stored in the database: who steals or writes to that file can neither guess an
 * imported key nor plant one.
 */
export interface Subkeys {
  clientKeys: Buffer;
  credentials: Buffer;
  sessions: Buffer;
}

/** Where the master secret lives when the environment does not hold it. */
export interface SecretFile {
  path: string;
  read(): string | null;
  /** Makes the file, readable by its owner alone; throws if it is there already. */
  create(text: string): void;
}

interface Found {
  /** `ZGATE_SECRET`, null where it is unset. */
  fromEnvironment: string | null;
  file: SecretFile;
  /** The check value that the database holds, null in a new one. */
  storedCheck: string | null;
  /** Whether anything in the database was made with a master secret. */
  isInUse: boolean;
}

export interface Master {
  subkeys: Subkeys;
  /** To be stored where the database holds none. */
  check: string;
  /** Where it was found: a line for the start. */
  source: "ZGATE_SECRET" | "file" | "new file";
}

const shortest = 32;

/**
 * Finds the master secret, or makes one for a new database. A wrong or missing one never makes another: every key and
 * credential would be lost without a word.
 */
export function openMaster({ fromEnvironment, file, storedCheck, isInUse }: Found): Master {
  const { secret, source } = find(fromEnvironment, file, storedCheck !== null || isInUse);
  const subkeys = cut(secret);
  const check = derive(secret, "zgate check value v1").toString("base64url");
  if (storedCheck !== null && !isSameText(storedCheck, check)) {
    throw new StartError(
      `The master secret from ${source === "ZGATE_SECRET" ? "ZGATE_SECRET" : file.path} is not the one that this database was made with. Put the right one back, or restore the database that belongs to it.`,
      {
        zh: `${source === "ZGATE_SECRET" ? "ZGATE_SECRET" : file.path} 中的主密钥与此数据库不符。请放回正确的主密钥，或恢复与之对应的数据库。`,
      },
    );
  }
  if (storedCheck === null && isInUse) {
    throw new StartError(
      "The database holds keys but no check value of their master secret, so it was changed by something other than zgate. Restore a backup.",
      { zh: "数据库中有密钥却没有主密钥的校验值，说明它被其他程序改动过。请恢复备份。" },
    );
  }
  return { subkeys, check, source };
}

function find(
  fromEnvironment: string | null,
  file: SecretFile,
  isInUse: boolean,
): { secret: string } & Pick<Master, "source"> {
  if (fromEnvironment !== null) {
    return { secret: longEnough(fromEnvironment, "ZGATE_SECRET"), source: "ZGATE_SECRET" };
  }
  const written = file.read();
  if (written !== null) return { secret: longEnough(written.trim(), file.path), source: "file" };
  if (isInUse) {
    throw new StartError(
      `The master secret is missing: ${file.path} is not there and ZGATE_SECRET is not set. This database cannot check its keys without it; put the file back from a backup.`,
      {
        zh: `缺少主密钥：${file.path} 不存在，也未设置 ZGATE_SECRET。没有它，此数据库无法校验密钥；请从备份中放回该文件。`,
      },
    );
  }
  const secret = crypto.getRandomValues(new Uint8Array(32)).toHex();
  file.create(`${secret}\n`);
  return { secret, source: "new file" };
}

function longEnough(secret: string, from: string): string {
  if (secret.length >= shortest) return secret;
  throw new StartError(
    `The master secret from ${from} has ${secret.length} characters; it needs at least ${shortest}. This makes a good one: openssl rand -hex 32`,
    {
      zh: `${from} 中的主密钥只有 ${secret.length} 个字符，至少需要 ${shortest} 个。可用此命令生成：openssl rand -hex 32`,
    },
  );
}

function cut(secret: string): Subkeys {
  return {
    clientKeys: derive(secret, "zgate client keys v1"),
    credentials: derive(secret, "zgate upstream credentials v1"),
    sessions: derive(secret, "zgate sessions v1"),
  };
}

function derive(secret: string, label: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", label, 32));
}

function isSameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
