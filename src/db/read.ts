import { existsSync } from "node:fs";
import { StartError } from "~/errors.ts";
import { migrations } from "./migrations.ts";
import { applicationId, asStartError, type Connection, openReadOnly } from "./open.ts";

/**
 * Opens a database that a server may be using, for a command that reads it. Throws a StartError where it is not there,
 * not zgate's, or of another version's schema.
 */
export function openToRead(path: string): Connection {
  if (!existsSync(path)) {
    throw new StartError(`There is no database at ${path} yet; set DATA_DIR to the folder of the one that is meant`, {
      zh: `${path} 还没有数据库；请将 DATA_DIR 设为所需的数据文件夹`,
    });
  }
  const connection = opened(path);
  try {
    refuseOther(connection, path);
    return connection;
  } catch (error) {
    connection.close();
    throw asStartError(error, path);
  }
}

function opened(path: string): Connection {
  try {
    return openReadOnly(path);
  } catch (error) {
    throw asStartError(error, path);
  }
}

function refuseOther({ sqlite }: Connection, path: string): void {
  const [[owner]] = sqlite.query("PRAGMA application_id").values() as [[number]];
  if (owner !== applicationId)
    throw new StartError(`${path} is no database of zgate's`, { zh: `${path} 不是 zgate 的数据库` });
  const [[schema]] = sqlite.query("PRAGMA user_version").values() as [[number]];
  if (schema === migrations.length) return;
  const isNewer = schema > migrations.length;
  throw new StartError(
    `${path} was written by ${isNewer ? "a newer" : "an older"} zgate (schema ${schema}, this one knows ${migrations.length}); ` +
      (isNewer ? "use that version" : "start this one once to bring it up to date"),
    {
      zh: `${path} 由${isNewer ? "更新" : "更旧"}版本的 zgate 写入（结构版本 ${schema}，当前程序为 ${migrations.length}）；${isNewer ? "请使用该版本" : "请先启动一次当前版本"}`,
    },
  );
}
