import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEventData } from '../../../src/api/eventstream.ts'

async function dataOf(chunks: readonly Buffer[]): Promise<string[]> {
  const data: string[] = []
  for await (const one of readEventData(generate(chunks))) data.push(one)
  return data
}

async function* generate(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

test('events are read whole, however the bytes are cut', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat(40), { minLength: 1 }), async (texts, cuts) => {
    const sent = texts.map(text => JSON.stringify(text))
    let rest = Buffer.from(sent.map(text => `: alive\n\nevent: x\ndata: ${text}\n\n`).join(''))
    const chunks: Buffer[] = []
    for (let i = 0; rest.length > 0; i++) {
      const size = 1 + (cuts[i % cuts.length] ?? 0)
      chunks.push(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
    expect(await dataOf(chunks)).toEqual(sent)
  }))
})

test('lines that end with CR LF and data of several lines are understood, a cut-off event is dropped', async () => {
  expect(await dataOf([Buffer.from('data: a\r\ndata:b\r\n\r\ndata: cut')])).toEqual(['a\nb'])
})
