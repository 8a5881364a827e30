import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Agenda } from '../../../src/lib/agenda.ts'

test('An agenda hands out what is due in the order of its time, and nothing of what was removed', () => {
  fc.assert(fc.property(fc.array(fc.record({ due: fc.nat(50), gone: fc.boolean() }), { maxLength: 60 }), fc.nat(60), (given, now) => {
    const agenda = new Agenda<{ due: number; readonly gone: boolean }>()
    const entries = given.map(({ due, gone }) => ({ entry: { due: 0, gone }, due }))
    for (const { entry, due } of entries) agenda.add(entry, due)
    for (const { entry } of entries) if (entry.gone) agenda.remove(entry)
    const kept = entries.filter(({ entry }) => !entry.gone).map(({ due }) => due).sort((a, b) => a - b)
    expect(agenda.next).toBe(kept[0] ?? null)
    const taken: number[] = []
    for (let entry = agenda.take(now); entry !== undefined; entry = agenda.take(now)) taken.push(entry.due)
    expect(taken).toEqual(kept.filter((due) => due <= now))
    expect(agenda.next).toBe(kept.find((due) => due > now) ?? null)
  }))
})
