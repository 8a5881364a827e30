/**
 * Writes XML-RPC answers, in the form that supervisord's have. Control characters that XML forbids, of which logs are
 * full, become replacement characters: no client could read the answer otherwise.
 */
import { Encoded, isArray, isStruct } from '../api/rpc-declare.ts'
import type { RpcValue } from '../api/rpc-declare.ts'
import { faultRow } from '../lib/fault.ts'
import type { Fault } from '../lib/fault.ts'

const declaration = "<?xml version='1.0'?>\n"

/** The whole answer with a result. */
export function writeResult(value: RpcValue): string {
  return `${declaration}<methodResponse>\n<params>\n<param>\n${writeValue(value)}</param>\n</params>\n</methodResponse>\n`
}

/** The whole answer with a fault. */
export function writeFault(fault: Fault): string {
  const value = writeValue({ faultCode: faultRow(fault.fault).code, faultString: fault.message })
  return `${declaration}<methodResponse>\n<fault>\n${value}</fault>\n</methodResponse>\n`
}

/** One `<value>`. */
export function writeValue(value: RpcValue): string {
  if (typeof value === 'string') return `<value><string>${escaped(value)}</string></value>\n`
  if (typeof value === 'boolean') return `<value><boolean>${value ? '1' : '0'}</boolean></value>\n`
  if (typeof value !== 'number') return writeObject(value)
  return Number.isInteger(value) ? `<value><int>${value}</int></value>\n` : `<value><double>${value}</double></value>\n`
}

function writeObject(value: Exclude<RpcValue, string | boolean | number>): string {
  if (value instanceof Encoded) return value.text
  if (isArray(value)) return `<value><array><data>\n${value.map(writeValue).join('')}</data></array></value>\n`
  if (!isStruct(value)) return `<value><dateTime.iso8601>${value.toISOString().slice(0, 19).replaceAll('-', '')}</dateTime.iso8601></value>\n`
  let members = ''
  for (const [name, member] of Object.entries(value)) members += `<member>\n<name>${escaped(name)}</name>\n${writeValue(member)}</member>\n`
  return `<value><struct>\n${members}</struct></value>\n`
}

const special = /[&<>\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

const specials = new RegExp(special, 'g')

function escaped(text: string): string {
  if (!special.test(text)) return text
  return text.replace(specials, found => (found === '&' ? '&amp;' : found === '<' ? '&lt;' : found === '>' ? '&gt;' : '\ufffd'))
}
