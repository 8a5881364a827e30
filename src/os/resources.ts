/**
 * Scheduling, limits and the like of a worker (`limits`, `nice`, `ionice`, `oom_score_adj`, `cpu_affinity`): the links of
 * the exec chain that set them, and what this machine or this user cannot give of them. Control groups are in cgroup.ts.
 */
import { readFileSync } from 'node:fs'
import { cpus, getPriority } from 'node:os'
import type { ResourceSpec } from '../core/care.ts'
import { findTool } from './exec-chain.ts'
import type { Link } from './exec-chain.ts'
import { hasRight, kernelNumber, ownLimitOf } from './rights.ts'

/** In their order, outermost first; all of them before the user is changed, since some need root. */
export function resourceLinks({ limits, nice, ionice, oomScoreAdj, cpuAffinity }: ResourceSpec): Link[] {
  const links: Link[] = []
  if (oomScoreAdj !== null) links.push({ tool: 'choom', words: ['-n', String(oomScoreAdj), '--'] })
  if (nice !== null && nice !== getPriority()) links.push({ tool: 'nice', words: ['-n', String(nice - getPriority()), '--'] }) // it adds to its own
  if (ionice !== null) links.push({ tool: 'ionice', words: ioniceWords(ionice) })
  if (cpuAffinity !== null) links.push({ tool: 'taskset', words: ['-c', cpuAffinity] })
  const bounds = Object.entries(limits)
  // The last one: a limit of memory or processes is not meant for the tools.
  if (bounds.length > 0) links.push({ tool: 'prlimit', words: bounds.map(([name, { soft, hard }]) => `--${name}=${show(soft)}:${show(hard)}`) })
  return links
}

function ioniceWords({ class: name, level }: NonNullable<ResourceSpec['ionice']>): string[] {
  const number = { realtime: 1, 'best-effort': 2, idle: 3 }[name]
  return ['-c', String(number), ...(level === null ? [] : ['-n', String(level)])]
}

function show(limit: number | null): string {
  return limit === null ? 'unlimited' : String(limit)
}

/** What cannot be had, at the option that asks for it. */
interface Missing {
  readonly option: string
  readonly message: string
  readonly hint?: string
}

/** What cannot be had here of what is asked for, the first of it; `null`: all of it can. */
export function lackOfResources(asked: ResourceSpec): Missing | null {
  return lackOfTools(asked) ?? lackOfCpus(asked) ?? lackOfLimits(asked) ?? lackOfNice(asked) ?? lackOfIonice(asked) ?? lackOfOom(asked)
}

const optionOf: Readonly<Record<string, string>> = {
  choom: 'oom_score_adj', nice: 'nice', ionice: 'ionice', taskset: 'cpu_affinity', prlimit: 'limits',
}

function lackOfTools(asked: ResourceSpec): Missing | null {
  for (const { tool } of resourceLinks(asked)) {
    if (findTool(tool) !== null) continue
    return { option: optionOf[tool] ?? tool, message: `the command ${tool} is not installed`, hint: tool === 'nice' ? 'it is part of coreutils' : 'it is part of util-linux' }
  }
  return null
}

function lackOfCpus({ cpuAffinity }: ResourceSpec): Missing | null {
  if (cpuAffinity === null) return null
  const last = lastCpu()
  const highest = Math.max(...cpuAffinity.split(/[,-]/).map(Number))
  if (highest <= last) return null
  return { option: 'cpu_affinity', message: `this machine has no CPU ${String(highest)}`, hint: `its CPUs are 0-${String(last)}` }
}

/** The highest number that a CPU of this machine may have, also one that is switched off now. */
function lastCpu(): number {
  try {
    return Math.max(...readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim().split(/[,-]/).map(Number))
  } catch {
    return Math.max(1, cpus().length) - 1 // not Linux
  }
}

function lackOfLimits({ limits }: ResourceSpec): Missing | null {
  for (const [name, { hard }] of Object.entries(limits)) {
    const wanted = hard ?? Infinity
    const shown = `${name}=${show(hard)}`
    const kernelMost = name === 'nofile' ? kernelNumber('/proc/sys/fs/nr_open') : undefined
    if (kernelMost !== undefined && wanted > kernelMost) {
      return { option: 'limits', message: `${shown} is more than this kernel allows, which is ${String(kernelMost)}`, hint: 'raise fs.nr_open or ask for less' }
    }
    const own = ownLimitOf(name)
    if (own === undefined || wanted <= own.hard || hasRight('CAP_SYS_RESOURCE')) continue
    return {
      option: 'limits', message: `${shown} is above the hard limit here, which is ${String(own.hard)}, and only root with CAP_SYS_RESOURCE may raise it`,
      hint: 'ask for less, or raise the hard limit of the master',
    }
  }
  return null
}

function lackOfNice({ nice }: ResourceSpec): Missing | null {
  if (nice === null || nice >= getPriority() || hasRight('CAP_SYS_NICE')) return null
  const lowest = 20 - (ownLimitOf('nice')?.soft ?? 0)
  if (nice >= lowest) return null
  return { option: 'nice', message: `${String(nice)} is before ${String(getPriority())}, and only root with CAP_SYS_NICE may set that`, hint: `ask for ${String(getPriority())} to 19` }
}

function lackOfIonice({ ionice }: ResourceSpec): Missing | null {
  if (ionice?.class !== 'realtime' || hasRight('CAP_SYS_NICE') || hasRight('CAP_SYS_ADMIN')) return null
  return { option: 'ionice', message: 'only root with CAP_SYS_NICE may set realtime', hint: 'best-effort 0 is the next below' }
}

/** Who may not lower it can still take back what was added to it; how far, only the kernel knows. */
function lackOfOom({ oomScoreAdj }: ResourceSpec): Missing | null {
  const own = kernelNumber('/proc/self/oom_score_adj')
  if (oomScoreAdj === null || hasRight('CAP_SYS_RESOURCE')) return null
  if (own === undefined) return { option: 'oom_score_adj', message: 'this system has no such thing' }
  if (oomScoreAdj >= Math.min(own, 0)) return null
  return { option: 'oom_score_adj', message: `${String(oomScoreAdj)} is below ${String(own)}, and only root with CAP_SYS_RESOURCE may set that`, hint: `ask for ${String(own)} to 1000` }
}
