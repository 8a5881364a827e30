/** Reads /proc/net/tcp and its like: `sl local_address rem_address st ... inode`, a row for each socket. */

/** Of LISTEN, in the fourth column. */
const listenState = '0A'

/** Inodes of the sockets that listen on the port, by the text of such a file. */
export function listenersIn(table: string, port: number): number[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = table.split('\n').slice(1).map((row) => row.trim().split(/\s+/))
  return rows.filter(([, local, , state]) => state === listenState && local?.endsWith(suffix)).map((row) => Number(row[9]))
}
