/** CPU and memory of processes, by pidusage. Loaded when somebody asks for the first time. */
import pidusage from 'pidusage'

/** Percent of one core since the last look, and resident bytes; who has gone is left out. */
export async function usageOf(pids: readonly number[]): Promise<Map<number, { cpu: number; memory: number }>> {
  const found = new Map<number, { cpu: number; memory: number }>()
  if (pids.length === 0) return found
  const measured = await measure([...pids])
  for (const pid of pids) {
    const one = measured[pid]
    if (one) found.set(pid, { cpu: one.cpu, memory: one.memory })
  }
  return found
}

// pidusage refuses the whole list when none of the pids is there any more.
async function measure(pids: number[]): Promise<Readonly<Record<string, { cpu: number; memory: number } | undefined>>> {
  try {
    return await pidusage(pids)
  } catch {
    return {}
  }
}
