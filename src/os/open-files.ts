/**
 * The soft limit of open files of this process, which its workers inherit. Node has raised it to the hard limit, which
 * breaks programs that use select(2) or close every number there could be; here it goes back to what it was, but not
 * below what the master needs itself. One `prlimit` for all workers, where one before each would cost every start.
 */
import { openFilesLimit, setOpenFiles } from './limits.ts'

/** Three FIFOs with two ends each and two logs, at most. */
const perProcess = 8
/** Requests, followers of logs, sockets of servers, the master's own files. */
const besides = 512

/**
 * What makes room for so many processes, to be called before they are. `noted`: the soft limit that the launcher saw
 * before Node ran; without it the limit is left alone. Never lowers it a second time: descriptors may be in use.
 */
export function roomForProcesses(noted: string | undefined, minfds: number): (processes: number) => void {
  const most = openFilesLimit()
  const before = noted !== undefined && /^[0-9]+$/.test(noted) ? Math.max(Number(noted), minfds) : Infinity
  if (before >= most) return () => undefined
  return (processes) => {
    const wanted = Math.min(most, Math.max(before, besides + perProcess * processes))
    if (wanted > openFilesLimit() || openFilesLimit() === most) setOpenFiles(wanted)
  }
}
