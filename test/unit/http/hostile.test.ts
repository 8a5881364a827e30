/** Whatever is asked, the answer is a result or a refusal with a sentence, never an internal error. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { declarationOf, methodNames, apiRoot } from '../../../src/api/methods.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'
import { House, ask, basic, inet, post, unix } from './harness.ts'

const house = new House()

beforeAll(async () => {
  await house.open(new FakeMaster([fakeView('web', 'web'), fakeView('shop', 'cart')]))
})

afterAll(() => house.close())

/** Methods that answer with a value; a stream that is rightly asked for does not end. */
const asking = methodNames().filter(method => declarationOf(method).answer === 'value')
const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('all', 'web', 'shop:*', '*', ':', '__proto__', 'constructor', ''))
const value = fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.double(), fc.boolean(), fc.constant(null), fc.dictionary(word, word, { maxKeys: 2 }))

test('no parameters bring the master to an internal error', async () => {
  await fc.assert(fc.asyncProperty(fc.constantFrom(...asking), fc.dictionary(word, value, { maxKeys: 3 }), fc.array(value, { maxLength: 4 }), word, async (method, extra, values, target) => {
    const { verb, path, params } = declarationOf(method)
    const given: Record<string, unknown> = { ...extra }
    Object.keys(params).forEach((name, i) => {
      if (i < values.length) given[name] = values[i]
    })
    const filled = apiRoot + path.replace(/:[a-z_]+/g, () => encodeURIComponent(Buffer.from(target).toString()))
    const query = new URLSearchParams(Object.entries(given).map(([name, one]): [string, string] => [name, typeof one === 'string' ? one : JSON.stringify(one)])).toString()
    const answer = verb === 'POST'
      ? await ask(house.socketPath, filled, { method: verb, body: JSON.stringify(given) })
      : await ask(house.socketPath, `${filled}?${query}`, { method: verb })
    expect(answer.status).toBeLessThan(500)
    if (answer.status !== 200) expect(answer.json['message']).toMatch(/./)
  }), { numRuns: 300 })
  expect(house.logged).toEqual([])
})

test('whoever may ask over a server of the config may not therefore run any command', async () => {
  const other = new House()
  const master = new FakeMaster([])
  try {
    const path = `${other.folder}/shared.sock`
    const { addresses } = await other.open(master, [inet({ credentials: { username: 'u', password: 'p' } }), unix(path)])
    const order = { name: 'api', command: 'id' }
    for (const at of [addresses[1] ?? '', path]) {
      const answers = await Promise.all([post(at, `${apiRoot}/programs`, order, basic('u:p')), post(at, `${apiRoot}/programs/save`, {}, basic('u:p')), ask(at, `${apiRoot}/programs/api`, { method: 'DELETE', headers: basic('u:p') })])
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403])
    }
    expect(master.asked).toEqual([])
    expect((await post(other.socketPath, `${apiRoot}/programs`, order)).status).toBe(200)
  } finally {
    await other.close()
  }
})
