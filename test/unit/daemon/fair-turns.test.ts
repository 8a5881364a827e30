import { expect, it } from 'vitest'
import { FairTurns } from '../../../src/daemon/fair-turns.ts'

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

it('who asks much is read at full speed until the turn is used up, then all wait for the next', async () => {
  const turns = new FairTurns()
  const said: string[] = []
  const taker = (name: string): { wait: (waits: boolean) => void } => ({ wait: (waits) => { said.push(`${name} ${waits ? 'waits' : 'goes on'}`) } })
  const [a, b, late] = [taker('a'), taker('b'), taker('late')]
  turns.join(a)
  turns.join(b)
  turns.took(4)
  turns.took(5)
  expect(said).toEqual([])
  turns.took(2)
  turns.took(20)
  expect(said).toEqual(['a waits', 'b waits'])
  turns.join(late)
  expect(said.splice(0)).toEqual(['a waits', 'b waits', 'late waits'])
  await turn()
  expect(said.splice(0)).toEqual(['a goes on', 'b goes on', 'late goes on'])
  turns.took(9)
  await turn()
  turns.took(9)
  expect(said).toEqual([])
  turns.leave(b)
  turns.took(9)
  expect(said).toEqual(['a waits', 'late waits'])
})
