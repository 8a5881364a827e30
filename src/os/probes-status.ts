/**
 * Asks a URL for its status only, by a few lines of HTTP/1.1 on a plain connection: that costs half of what a request of
 * node:http does, which counts where hundreds of programs are asked every few seconds. A body is read by probes-http.ts.
 */
import { connect } from 'node:net'
import { errorWords } from './error-words.ts'

/** Where to connect and what to write. */
export interface StatusPlan {
  readonly host: string
  readonly port: number
  readonly text: string
}

/** A status line that is longer is none. */
const lineMax = 8 * 1024
/** An answer before the answer, such as 103. */
const interim = /^HTTP\/1\.\d 1\d\d[ \r\n]/

export function statusPlanOf(url: URL, headers: Readonly<Record<string, string>>): StatusPlan {
  const name = url.username === '' && url.password === '' ? null : Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`)
  const own = { host: url.host, ...(name === null ? {} : { authorization: `Basic ${name.toString('base64')}` }) }
  // By names in lower case, as node:http has it: what is said twice is said once.
  const all = new Map([...Object.entries(own), ...Object.entries(headers)].map(([header, value]) => [header.toLowerCase(), `${header}: ${value}\r\n`]))
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port === '' ? 80 : url.port),
    text: `GET ${url.pathname}${url.search} HTTP/1.1\r\n${[...all.values()].join('')}\r\n`,
  }
}

/** `place`: what is asked, for people. The returned function ends it. */
export function askStatus({ host, port, text }: StatusPlan, place: () => string, onStatus: (status: number) => void, onProblem: (problem: string) => void): () => void {
  const socket = connect({ host, port })
  let said = ''
  socket.setEncoding('latin1')
  socket.once('connect', () => {
    socket.write(text)
  })
  socket.on('data', (chunk) => {
    said = withoutInterim(said + String(chunk))
    if (interim.test(said)) return
    const line = /^HTTP\/1\.\d (\d{3})(?: [^\r\n]*)?\r?\n/.exec(said)
    if (line !== null) onStatus(Number(line[1]))
    else if (said.includes('\n') || said.length > lineMax) onProblem(`no HTTP answer from ${place()}`)
  })
  socket.once('end', () => {
    onProblem(`no HTTP answer from ${place()}`)
  })
  socket.on('error', (error) => {
    onProblem(errorWords(error, place()))
  })
  return () => {
    socket.destroy()
  }
}

/** Without the answers before the answer that are all there. */
function withoutInterim(said: string): string {
  let rest = said
  while (interim.test(rest)) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return rest.length > lineMax ? '\n' : rest // a line that is no status
    rest = rest.slice(end + 4)
  }
  return rest
}
