/** Reads the ledger of a master for a period and some processes; a line that is cut or of a later version is passed over. */
import { ledgerEntry, Reckoning } from './history.ts'
import type { LedgerEntry } from './history.ts'
import { resolve } from './handler.ts'
import type { Master } from './master.ts'
import type { TakenOf } from './methods.ts'
import type { ResultOf } from './results.ts'
import { globMatches, isGlob } from './glob.ts'
import type { Missing } from './results.ts'

/** The entries of the period, oldest first, and how the processes fared in it. */
export async function historyOf(master: Master, params: TakenOf<'history'>, now = Date.now()): Promise<ResultOf<'history'>> {
  const from = now - params.since
  const { isMeant, missing } = wordsOf(master, params.targets)
  const reckoning = new Reckoning(from)
  const met = new Set<string>()
  let entries: LedgerEntry[] = []
  let earlier = 0
  for await (const line of master.ledgerLines()) {
    const entry = entryOf(line)
    if (entry === null) continue
    if (!isMeant(entry)) {
      if (entry.process === undefined) reckoning.add(entry)
      continue
    }
    if (entry.process !== undefined) met.add(entry.process)
    reckoning.add(entry)
    if (entry.at < from) continue
    entries.push(entry)
    if (entries.length < 2 * params.limit + 1) continue
    earlier += entries.length - params.limit
    entries = entries.slice(entries.length - params.limit)
  }
  const left = Math.max(0, entries.length - params.limit)
  return {
    since: from,
    entries: entries.slice(left),
    earlier: earlier + left,
    accounts: reckoning.accounts(now),
    missing: missing.filter(({ target }) => ![...met].some(process => isNamed(process, target))),
  }
}

interface Words {
  readonly isMeant: (entry: LedgerEntry) => boolean
  readonly missing: readonly Missing[]
}

/** What is not in the config any more may still be named as it was called. */
function wordsOf(master: Master, targets: readonly string[]): Words {
  if (targets.includes('all')) return { isMeant: () => true, missing: [] }
  const { matched, missing } = resolve(master, targets)
  const names = new Set(matched.map(({ namespec }) => namespec))
  const former = missing.map(({ target }) => target)
  return {
    isMeant: ({ process }) => process !== undefined && (names.has(process) || former.some(target => isNamed(process, target))),
    missing,
  }
}

function isNamed(process: string, target: string): boolean {
  return process === target || process.startsWith(`${target.replace(/:\*?$/, '')}:`) || (isGlob(target) && globMatches(target, process))
}

function entryOf(line: string): LedgerEntry | null {
  try {
    return ledgerEntry.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null // a crash or a full disk has cut it
  }
}
