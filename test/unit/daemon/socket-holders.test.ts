/** Whom the next master asks for a listening socket. */
import { describe, expect, it } from 'vitest'
import type { GroupSpec, ProcessSpec, SocketSpec } from '../../../src/core/spec.ts'
import type { Remembered } from '../../../src/daemon/journal.ts'
import { socketHolders } from '../../../src/daemon/socket-holders.ts'
import type { HolderSources } from '../../../src/daemon/socket-holders.ts'
import { specOf } from '../../sim/random-world.ts'

const socket: SocketSpec = { kind: 'unix', path: '/run/f', owner: null, mode: 0o700, backlog: 5 }
const worker = (name: string, more: Partial<ProcessSpec> = {}): ProcessSpec => specOf({ group: 'f', name, socket, ...more })
const groupOf = (...processes: ProcessSpec[]): GroupSpec => ({ name: 'f', priority: 999, processes })

/** As the journal has it. */
function remembered(spec: ProcessSpec, pid: number, startTime = '7', bootId = 'this'): Remembered {
  return {
    spec, exits: [], status: {
      version: 1, bootId, group: spec.group, groupPriority: 999, name: spec.name, state: 'RUNNING', want: 'up', wantedBy: 'autostart', pid, startTime,
      incarnation: 1, backoff: 0, startedAt: 500, stoppedAt: 0, since: 500, spawnError: '', reason: '', stopBy: null, restarts: 0, afterStop: 'rest', rung: 0, ready: false, job: null, planned: null, crashes: 0, rounds: null, at: 500,
    },
  }
}

/** A world in which these pids live, with start time 7, and these bear the mark. */
function sources(more: Partial<HolderSources>, alive: readonly number[], marked: Readonly<Record<number, string>> = {}): HolderSources & { looks: number } {
  const world = {
    looks: 0, memory: [], configured: [], bootId: 'this', runDir: '/run/nsup', now: 1000, ...more,
    processes: {
      isAlive: ({ pid, startTime }: { pid: number; startTime: string }) => alive.includes(pid) && startTime === '7',
      age: () => 100,
      findMarked: () => {
        world.looks += 1
        return Object.entries(marked).map(([pid, name]) => ({ pid: Number(pid), startTime: '7', values: { NSUP_PROCESS: name } }))
      },
    },
  }
  return world
}

describe('holders of a socket', () => {
  it('are the workers of the journal that live, and nobody looks further', () => {
    const memory = [remembered(worker('a'), 10), remembered(worker('b'), 11), remembered(worker('c'), 12, '8'), remembered(worker('d'), 13, '7', 'last')]
    const world = sources({ memory }, [10, 12, 13])
    expect(socketHolders(world)).toEqual([{ name: 'f:a', pid: 10, startedAt: 500, spec: socket, certain: true }])
    expect(world.looks).toBe(0)
  })

  it('are sought by their mark where nobody of the journal has the address', () => {
    const memory = [remembered(worker('a'), 0)]
    const world = sources({ memory, configured: [groupOf(worker('a'), worker('b'))] }, [20, 21], { 20: 'f:a', 21: 'f:b', 22: 'other' })
    expect(socketHolders(world)).toEqual([
      { name: 'f:a', pid: 20, startedAt: 900, spec: socket, certain: false }, { name: 'f:b', pid: 21, startedAt: 900, spec: socket, certain: false },
    ])
  })

  it('are asked for what they were given, not for what the config says now', () => {
    const moved = { ...socket, path: '/run/g' }
    const world = sources({ memory: [remembered(worker('a'), 10)], configured: [groupOf(worker('a', { socket: moved }))] }, [10])
    expect(socketHolders(world).map(({ spec }) => spec)).toEqual([socket])
  })

  it('are not looked for where no program has a socket', () => {
    const { socket: none, ...plain } = worker('a')
    const world = sources({ memory: [remembered(plain, 10)], configured: [groupOf(plain)] }, [10], { 10: 'f:a' })
    expect(socketHolders(world)).toEqual([])
    expect([world.looks, none]).toEqual([0, socket])
  })
})
