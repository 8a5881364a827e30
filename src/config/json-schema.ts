/** Makes the JSON Schema of programs.yaml out of the rows, for editors. */
import { schema } from './schema.ts'
import type { JsonShape } from './kinds.ts'
import type { Row, Rows } from './rows.ts'

/** The JSON Schema (draft 7, which every editor reads). */
export function configJsonSchema(): JsonShape {
  const rowsOf = (kind: string): Rows => schema.find((section) => section.kind === kind)?.rows ?? {}
  const docOf = (kind: string): string => schema.find((section) => section.kind === kind)?.doc ?? ''
  const single = (kind: string): JsonShape => ({ ...objectOf(rowsOf(kind), true), description: docOf(kind) })
  const named = (kind: string): JsonShape => ({
    type: ['object', 'null'], description: docOf(kind), propertyNames: { pattern: '^[^\\s:/]+$' }, additionalProperties: { $ref: `#/definitions/${kind}` },
  })
  const servers = Object.fromEntries(['unix_http_server', 'inet_http_server'].map((kind) => [kind, { $ref: `#/definitions/${kind}` }]))
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'nsup programs',
    description: 'Programs that nsup keeps running.',
    type: 'object',
    additionalProperties: false,
    properties: {
      programs: named('program'),
      fcgi_programs: named('fcgi-program'),
      eventlisteners: named('eventlistener'),
      groups: named('group'),
      tables: named('table'),
      include: { ...strings, description: docOf('include') },
      defaults: { ...objectOf(rowsOf('program'), false), description: 'Options that all programs share.' },
      supervisord: single('supervisord'),
      ...servers,
      supervisorctl: single('supervisorctl'),
    },
    patternProperties: {
      '^x-': {},
      '^unix_http_server:': { $ref: '#/definitions/unix_http_server' },
      '^inet_http_server:': { $ref: '#/definitions/inet_http_server' },
    },
    definitions: {
      program: objectOf(rowsOf('program'), true),
      'fcgi-program': objectOf(rowsOf('fcgi-program'), true),
      eventlistener: objectOf(rowsOf('eventlistener'), true),
      group: objectOf(rowsOf('group'), true),
      table: objectOf(rowsOf('table'), true),
      unix_http_server: single('unix_http_server'),
      inet_http_server: single('inet_http_server'),
    },
  }
}

const strings = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }

function objectOf(rows: Rows, requires: boolean): JsonShape {
  const required = Object.entries(rows).filter(([, row]) => row.required === true).map(([key]) => key)
  return {
    type: required.length > 0 && requires ? 'object' : ['object', 'null'],
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, optionOf(row)])),
    ...(requires && required.length > 0 && { required }),
  }
}

function optionOf(row: Row): JsonShape {
  const fallback = row.required === true || row.defaultNote !== undefined || row.yaml === null ? undefined : plain(row.yaml)
  return { ...shapeOf(row), description: row.doc, ...(fallback !== undefined && { default: fallback }) }
}

function shapeOf(row: Row): JsonShape {
  if (row.shape === 'words') return { anyOf: [{ type: 'string' }, { type: 'array', items: { type: ['string', 'number', 'boolean'] }, minItems: 1 }] }
  if (row.shape === 'map') {
    return { anyOf: [{ type: 'string' }, { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } }] }
  }
  const shape = row.type.meta()?.json ?? {}
  return row.shape === 'list' && !('anyOf' in shape) ? strings : shape
}

/** A default as a person would write it in YAML: numbers and booleans as such, modes as text. */
function plain(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?(0|[1-9]\d*)$/.test(text) ? Number(text) : text
}
