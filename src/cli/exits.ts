/** The line of one exit: when, which pid, how, after how long, whether somebody had asked for it. */
import type { WireExit } from '../api/results.ts'
import { duration, time } from './humane.ts'

export function exitLine(exit: WireExit): string {
  const asked = exit.recycled !== undefined ? `, ${recycledWords(exit)}` : exit.wanted ? `, asked for${exit.by === null ? '' : ` by ${exit.by}`}` : exit.expected ? ', expected' : ', unexpected'
  return `  ${time(exit.ended_at)}  pid ${exit.pid}  ${how(exit)} after ${duration(exit.uptime)}${asked}`
}

function how(exit: WireExit): string {
  if (exit.kind === 'code') return `exit code ${exit.code ?? '?'}`
  if (exit.kind === 'signal') return `killed by ${exit.signal ?? '?'}${exit.oom === true ? ' (the OOM killer)' : exit.core_dumped ? ' (core dumped)' : ''}`
  return exit.oom === true ? 'killed by the OOM killer' : 'exit status unknown'
}

function recycledWords({ recycled = '', by }: WireExit): string {
  return by === null ? `recycled itself${recycled === '' ? '' : ` ${recycled}`}` : `recycled by ${by}: ${recycled}`
}
