/**
 * Asks a process from outside whether it answers: by http, tcp, a unix socket or a command. Each asking ends at its
 * timeout, whatever happens, and leaves no connection and no process behind. Knows nothing of rounds and retries.
 */
import type { Probe } from '../core/care.ts'
import type { ProbeOrder, Probes } from '../core/probing.ts'
import { errorWords } from './error-words.ts'
import { runProbeCommand } from './probes-exec.ts'
import { askHttp, placeOf } from './probes-http.ts'
import { knock } from './reach.ts'

export const systemProbes: Probes = {
  run: (probe, order, onAnswer) => {
    let over = false
    const answer = (problem: string | null): void => {
      if (over) return
      end()
      onAnswer(problem)
    }
    const end = (): void => {
      over = true
      clearTimeout(alarm)
      stop()
    }
    const alarm = setTimeout(() => {
      answer(`no answer from ${nameOf(probe)} within ${String(order.timeout / 1000)} s`)
    }, order.timeout)
    const stop = begin(probe, order, answer)
    return end
  },
}

/** Begins to ask; the returned function ends it and may be called at any time, also twice. */
function begin(probe: Probe, order: ProbeOrder, answer: (problem: string | null) => void): () => void {
  switch (probe.kind) {
    case 'http':
      return askHttp(probe, answer)
    case 'tcp':
      return look({ host: probe.host, port: probe.port }, nameOf(probe), answer)
    case 'unix':
      return look({ path: probe.path }, nameOf(probe), answer)
    case 'exec':
      return runProbeCommand(probe, order, answer)
  }
}

function look(where: Parameters<typeof knock>[0], name: string, answer: (problem: string | null) => void): () => void {
  return knock(where, (error) => { answer(error === null ? null : errorWords(error, name)) })
}

function nameOf(probe: Probe): string {
  switch (probe.kind) {
    case 'http':
      return placeOf(probe.url)
    case 'tcp':
      return `${probe.host.includes(':') ? `[${probe.host}]` : probe.host}:${String(probe.port)}`
    case 'unix':
      return probe.path
    case 'exec':
      return probe.argv[0] ?? ''
  }
}
