import { execFileSync, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import koffi from 'koffi'
import { expect, test } from 'vitest'
import { takeOrphans } from '../../../src/os/orphans.ts'
import { statOf } from '../../../src/os/proc.ts'

const PR_SET_CHILD_SUBREAPER = 36

test('who has lost its parent and has ended is taken away, and a child of our own keeps its exit code', async () => {
  if (process.platform !== 'linux') return // there is no other way to become the parent of orphans
  const prctl = koffi.load(null).func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)') as (...words: number[]) => number
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // orphans come here, as they come to PID 1
  const heard = new EventEmitter()
  const taken = once(heard, 'taken')
  const end = takeOrphans({ took: (pid) => heard.emit('taken', pid), failed: (sentence) => heard.emit('error', new Error(sentence)) }, 20)
  try {
    const orphan = Number(execFileSync('sh', ['-c', 'sleep 0.05 >/dev/null & echo $!'], { encoding: 'utf8' }))
    expect(statOf(orphan)?.parent).toBe(process.pid)
    const child = spawn('sh', ['-c', 'sleep 0.1; exit 3'])
    const exit = once(child, 'exit')
    expect(await taken).toEqual([orphan])
    expect(statOf(orphan)).toBeUndefined()
    expect((await exit)[0]).toBe(3)
  } finally {
    end()
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
  }
})
