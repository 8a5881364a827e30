/** XML-RPC over HTTP without a real master: the reader, the writer, the bounds, and what each method asks of the master. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRequest, RequestError } from '../../../src/http/xmlrpc-read.ts'
import { writeFault, writeResult, writeValue } from '../../../src/http/xmlrpc-write.ts'
import { Fault } from '../../../src/lib/fault.ts'
import type { Outcome } from '../../../src/api/master.ts'
import type { RpcValue } from '../../../src/api/rpc-declare.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'
import { ask, House } from './harness.ts'
import type { Answer } from './harness.ts'

const call = (method: string, ...values: readonly string[]): string =>
  `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values.map(value => `<param>${value}</param>`).join('')}</params></methodCall>`
const str = (text: string): string => `<value><string>${text}</string></value>`

describe('the reader', () => {
  const read = (value: string): RpcValue | undefined => readRequest(call('a.b', value)).params[0]
  it.each([
    ['<value>  bare text </value>', '  bare text '], ['<value/>', ''], ['<value><string/></value>', ''], ['<value><int> -5 </int></value>', -5],
    ['<value><i4>7</i4></value>', 7], ['<value><boolean>1</boolean></value>', true], ['<value><boolean>true</boolean></value>', false],
    ['<value><double>-1.5e1</double></value>', -15], ['<value><base64>Z3LDvMOfZQ==</base64></value>', 'grüße'], ['<value>&lt;&amp;&gt;&quot;&apos;&#228;&#x20AC;</value>', '<&>"\'ä€'],
    ['<value><![CDATA[<a>&amp;]]> b</value>', '<a>&amp; b'], ['<value>a<!-- no -->b</value>', 'ab'],
    ['<value><array><data><value>1</value><value><int>2</int></value></data></array></value>', ['1', 2]],
    ['<value>\n<struct>\n<member><name>a</name><value><int>1</int></value></member>\n</struct>\n</value>', { a: 1 }],
    ['<value><dateTime.iso8601>20260102T03:04:05</dateTime.iso8601></value>', new Date('2026-01-02T03:04:05')],
  ])('understands %s', (xml, value) => {
    expect(read(xml)).toEqual(value)
  })
  it('keeps a member that bears a dangerous name as a mere member', () => {
    const value = read('<value><struct><member><name>__proto__</name><value>x</value></member></struct></value>') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })
  it.each([
    ['a document type', '<!DOCTYPE a><methodCall><methodName>a</methodName></methodCall>'],
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><methodCall><methodName>&c;</methodName></methodCall>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><methodCall><methodName>&b;</methodName></methodCall>'],
    ['an entity that is not of XML', '<methodCall><methodName>&nbsp;</methodName></methodCall>'],
    ['an open comment', '<methodCall><!-- <methodName>a</methodName></methodCall>'],
    ['a type that there is not', call('a', '<value><nil/></value>')], ['a bad integer', call('a', '<value><int>1.5</int></value>')],
    ['a bad double', call('a', '<value><double>x</double></value>')], ['a bad base64', call('a', '<value><base64>%</base64></value>')],
    ['base64 of no text', call('a', '<value><base64>/w==</base64></value>')], ['a bad date', call('a', '<value><dateTime.iso8601>2026</dateTime.iso8601></value>')],
    ['an array without data', call('a', '<value><array/></value>')], ['a nameless member', call('a', '<value><struct><member/></struct></value>')],
    ['an empty param', call('a', '')], ['a character that XML forbids', call('a\u0001')], ['a reference to one', call('a&#0;')], ['half a character', call('a&#xd800;')],
    ['a name that JavaScript knows', call('a', '<value><toString>1</toString></value>')],
    ['depth without end', `${'<value>'.repeat(5000)}${'</value>'.repeat(5000)}`], ['no name', '<methodCall><params/></methodCall>'],
    ['tags without end', call('a', '<value><array><data>' + '<value/>'.repeat(110_000) + '</data></array></value>')],
  ])('refuses %s', (_, xml) => {
    expect(() => readRequest(xml)).toThrow(RequestError)
  })

  const leaf = fc.oneof(fc.string({ unit: 'binary' }).filter(text => writeValue(text).indexOf('\ufffd') < 0 && !/\r/.test(text)), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.boolean())
  const value = fc.letrec<{ any: RpcValue }>(tie => ({
    any: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('any'), { maxLength: 4 }), fc.dictionary(fc.string({ unit: 'grapheme-ascii' }), tie('any'), { maxKeys: 4, noNullPrototype: true })),
  })).any
  it('reads whatever the writer writes', () => {
    fc.assert(fc.property(value, one => {
      expect(readRequest(call('a.b', writeValue(one))).params).toEqual([one])
    }), { numRuns: 300 })
  })
  it('answers random text and mutated requests with a request or a RequestError, nothing else', () => {
    const base = call('supervisor.startProcess', str('web'), '<value><boolean>1</boolean></value>', '<value><array><data><value><i4>1</i4></value></data></array></value>', '<value><struct><member><name>a</name><value>&lt;</value></member></struct></value>')
    const pieces = fc.constantFrom('<', '>', '</', '/>', '&', '&#', ';', '<!', '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>', '"', "'", '=', '\0', '\ufffd', '<value>', '</value>', '<data>', '<name>', 'constructor', '__proto__', '\ud800')
    const mutated = fc.array(fc.tuple(fc.nat(base.length), fc.nat(8), fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 5 }))), { minLength: 1, maxLength: 6 })
      .map(edits => edits.reduce((text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length), base))
    fc.assert(fc.property(fc.oneof(mutated, fc.string({ unit: 'binary', maxLength: 200 }), fc.array(pieces, { maxLength: 40 }).map(list => list.join(''))), xml => {
      try {
        expect(readRequest(xml).method).toEqual(expect.any(String))
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError)
      }
    }), { numRuns: 3000 })
  })
})

describe('the writer', () => {
  it('writes what supervisord writes, byte by byte', () => {
    expect(writeResult(['a<&>', 1, true, false, 1.5, {}])).toBe(`<?xml version='1.0'?>
<methodResponse>
<params>
<param>
<value><array><data>
<value><string>a&lt;&amp;&gt;</string></value>
<value><int>1</int></value>
<value><boolean>1</boolean></value>
<value><boolean>0</boolean></value>
<value><double>1.5</double></value>
<value><struct>
</struct></value>
</data></array></value>
</param>
</params>
</methodResponse>
`)
    expect(writeFault(new Fault('BAD_NAME', 'x'))).toBe(`<?xml version='1.0'?>
<methodResponse>
<fault>
<value><struct>
<member>
<name>faultCode</name>
<value><int>10</int></value>
</member>
<member>
<name>faultString</name>
<value><string>BAD_NAME: x</string></value>
</member>
</struct></value>
</fault>
</methodResponse>
`)
  })
  it('replaces what no XML may hold', () => {
    expect(writeValue('\u001b[1m\0\ufffe\ud800x\t\n')).toBe('<value><string>\ufffd[1m\ufffd\ufffd\ufffdx\t\n</string></value>\n')
  })
})

describe('a server', () => {
  let house: House
  let master: FakeMaster
  beforeEach(async () => {
    house = new House()
    master = new FakeMaster([fakeView('web', 'web'), fakeView('pool', 'pool_0', { state: 'STOPPED', pid: 0 }), fakeView('pool', 'pool_1', { state: 'STOPPING' })])
    await house.open(master)
  })
  afterEach(() => house.close())

  const send = (body: string | Buffer, more: Parameters<typeof ask>[2] = {}): Promise<Answer> =>
    ask(house.socketPath, '/RPC2', { method: 'POST', headers: { 'content-length': String(Buffer.byteLength(body)) }, body, ...more })

  it('answers with its length, as text/xml, also on paths that only begin with /RPC2', async () => {
    const answer = await ask(house.socketPath, '/RPC2/x', { method: 'POST', headers: { 'content-length': '90' }, body: '<methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>'.padEnd(90) })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'content-type': 'text/xml', 'content-length': String(Buffer.byteLength(answer.text)) })
    expect(answer.text).toContain('<string>3.0</string>')
  })
  it.each([
    ['a body that is no XML', 400, 'hello', {}], ['a GET', 400, '', { method: 'GET' }], ['bytes that are no UTF-8', 400, Buffer.from([0x3c, 0xff, 0x3e]), {}],
    ['a body without length', 411, call('supervisor.getState'), { headers: { 'transfer-encoding': 'chunked' } }],
    ['more than the bound', 413, '', { headers: { 'content-length': String(1024 * 1024 + 1) } }],
  ])('refuses %s with %i', async (_, status, body, more) => {
    expect((await send(body, more)).status).toBe(status)
  })
  it('names the caller and asks the master once', async () => {
    await send(call('supervisor.stopProcess', str('web'), '<value><boolean>0</boolean></value>'))
    expect(master.asked).toEqual([{ what: 'stop', names: ['web'], more: { by: 'http', wait: false } }])
  })
  it('starts of a group only what does not run, and tells who waits for a stopping one at once', async () => {
    const { text } = await send(call('supervisor.startProcessGroup', str('pool')))
    expect(master.asked.map(({ names, more }) => [names, more['wait']])).toEqual([[['pool:pool_1'], false], [['pool:pool_0'], true]])
    expect(text).toContain('<string>ABNORMAL_TERMINATION: pool:pool_1</string>')
  })
  it('waits for a state without being asked again', async () => {
    let finish: (outcomes: Outcome[]) => void = () => undefined
    const begun = new Promise<void>(begin => {
      master.act = () => new Promise(resolve => {
        finish = resolve
        begin()
      })
    })
    const answer = send(call('supervisor.stopProcess', str('web')))
    await begun
    finish([{ group: 'web', name: 'web', result: 'OK', description: 'OK' }])
    expect((await answer).text).toContain('<boolean>1</boolean>')
    expect(master.asked).toHaveLength(1)
  })
  it('stops a multicall whose answer would grow beyond the bound', async () => {
    const log = join(house.folder, 'big.log')
    writeFileSync(log, Buffer.alloc(8 * 1024 * 1024, 0x61))
    master.logfile = log
    const one = '<value><struct><member><name>methodName</name><value>supervisor.readLog</value></member><member><name>params</name><value><array><data><value><int>0</int></value><value><int>0</int></value></data></array></value></member></struct></value>'
    const { text } = await send(call('system.multicall', `<value><array><data>${one.repeat(20)}</data></array></value>`))
    expect(text).toContain('FAILED: the answer would be larger than')
    expect(text.length).toBeLessThan(64 * 1024 * 1024)
  })
  it('passes remote communication on', async () => {
    await send(call('supervisor.sendRemoteCommEvent', str('job'), str('42')))
    expect(master.asked).toEqual([{ what: 'remote', names: [], more: { kind: 'job', data: '42' } }])
  })
  it('answers OK at /ok.html and nothing at the other pages', async () => {
    expect((await ask(house.socketPath, '/ok.html')).text).toBe('OK')
    expect((await ask(house.socketPath, '/tail.html')).status).toBe(404)
  })
  it('survives random bytes, and says of each that it is no request', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => {
      expect((await send(Buffer.from(bytes))).status).toBe(400)
    }), { numRuns: 100 })
    expect((await send(call('supervisor.getAPIVersion'))).status).toBe(200)
    expect(house.logged.filter(({ level }) => level === 'error')).toEqual([])
  })
})
