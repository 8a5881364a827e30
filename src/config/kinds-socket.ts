/** The type of the address that a FastCGI program listens on. Who may have which mode is judged in fcgi.ts. */
import { parseInteger } from '../lib/units.ts'
import { kind, Refusal } from './kinds.ts'
import type { Kind } from './kinds.ts'

export type SocketAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

const forms = 'unix:///absolute/path or tcp://host:port'

/** Where connections come in. */
export const socketAddress: Kind<SocketAddress> = kind(forms, { type: 'string' }, (value) => {
  const text = value.trim()
  const path = /^unix:\/\/(.+)$/s.exec(text)?.[1]
  if (path !== undefined) return /^\/.*[^/]/s.test(path) ? { kind: 'unix', path } : new Refusal(`'${path}' is not an absolute path of a socket`)
  const [, host, digits] = /^tcp:\/\/([^\s:]+):(\d+)$/.exec(text) ?? []
  const port = digits === undefined ? undefined : parseInteger(digits)
  if (host === undefined || port === undefined) return new Refusal(`'${text}' is not ${forms}`)
  return port >= 1 && port <= 65535 ? { kind: 'tcp', host, port } : new Refusal(`'${text}' does not end in a port from 1 to 65535`)
})
