/** A small FastCGI client, as a web server has it: one request a connection, the whole answer of a responder. */
import { connect } from 'node:net'

const begin = 1
const end = 3
const params = 4
const stdin = 5
const stdout = 6
const stderr = 7

/** The body that a script answers on the socket at `path`; rejects when the answer is not whole. */
export function request(path: string, script: string, query: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let left = Buffer.alloc(0)
    let body = ''
    let errors = ''
    let ended = false
    socket.on('data', (chunk) => {
      left = Buffer.concat([left, chunk])
      for (let record = take(left); record !== null; record = take(left)) {
        left = left.subarray(record.size)
        if (record.type === stdout) body += record.content.toString()
        if (record.type === stderr) errors += record.content.toString()
        if (record.type === end) ended = true
      }
    })
    socket.once('error', reject)
    socket.once('close', () => {
      if (ended && errors === '') resolve(body.slice(body.indexOf('\r\n\r\n') + 4))
      else reject(new Error(`no whole answer: ${body} ${errors}`))
    })
    const environment = {
      GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', SCRIPT_FILENAME: script, SCRIPT_NAME: '/', QUERY_STRING: query,
      SERVER_PROTOCOL: 'HTTP/1.1', REDIRECT_STATUS: '200',
    }
    const role = Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])
    const pairs = Buffer.concat(Object.entries(environment).map(([name, value]) => pair(name, value)))
    socket.write(Buffer.concat([record(begin, role), record(params, pairs), record(params), record(stdin)]))
  })
}

function take(bytes: Buffer): { readonly type: number; readonly content: Buffer; readonly size: number } | null {
  if (bytes.length < 8) return null
  const length = bytes.readUInt16BE(4)
  const size = 8 + length + bytes.readUInt8(6)
  return bytes.length < size ? null : { type: bytes.readUInt8(1), content: bytes.subarray(8, 8 + length), size }
}

function record(type: number, content = Buffer.alloc(0)): Buffer {
  const head = Buffer.from([1, type, 0, 1, 0, 0, 0, 0])
  head.writeUInt16BE(content.length, 4)
  return Buffer.concat([head, content])
}

function pair(name: string, value: string): Buffer {
  return Buffer.concat([size(name), size(value), Buffer.from(name + value)])
}

function size(text: string): Buffer {
  const length = Buffer.byteLength(text)
  if (length < 128) return Buffer.from([length])
  const four = Buffer.alloc(4)
  four.writeUInt32BE(length + 0x80000000)
  return four
}
