/** Writes answers: JSON values, faults and refusals, each once and whole. */
import type { ServerResponse } from 'node:http'
import { Fault, faultRow } from '../lib/fault.ts'

/** A refusal by HTTP itself, before any method is asked; shown to the client as it is. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.headers = headers
  }
}

const securityHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

/** Answers with a value as JSON. Does nothing when the client has gone. */
export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  sendText(response, status, JSON.stringify(value), { 'content-type': 'application/json', ...headers })
}

/** Answers with ready-made text. */
export function sendText(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>>): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { ...securityHeaders, 'content-length': Buffer.byteLength(text), ...headers })
  response.end(text)
}

/** Answers with an error: a fault with its row, a refusal as it is, anything else as 500 without its insides. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof Fault) {
    const row = faultRow(error.fault)
    const message = error.detail === undefined ? row.text : `${row.text}: ${error.detail}`
    sendJson(response, row.http, { fault: error.fault, code: row.code, message, detail: error.detail ?? null })
  } else if (error instanceof Refusal) {
    sendJson(response, error.status, { fault: null, code: null, message: error.message, detail: null }, error.headers)
  } else {
    sendJson(response, 500, { fault: 'FAILED', code: faultRow('FAILED').code, message: 'the master failed to answer; its log says why', detail: null })
  }
}
