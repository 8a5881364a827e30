/** Writes the OpenAPI 3.1 document from the declarations. Loaded at the first request for it: it is rarely asked for. */
import * as z from 'zod'
import { apiRoot, declarationOf, methodNames } from '../api/methods.ts'
import type { CallName, MethodName } from '../api/methods.ts'
import { results, streamItems } from '../api/results.ts'
import { paramSchema } from './validate.ts'

type Json = Record<string, unknown>

/** The document as a plain object. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {}
  for (const method of methodNames()) {
    const { verb, path } = declarationOf(method)
    const key = `${apiRoot}${path.replace(/:([a-z_]+)/g, '{$1}')}`
    paths[key] = { ...paths[key], [verb.toLowerCase()]: operation(method) }
  }
  for (const [path, probe] of Object.entries(probes)) paths[path] = { get: probeOperation(probe) }
  return {
    openapi: '3.1.0',
    info: { title: 'nsup', version, description: 'The API of an nsup master.' },
    paths,
    components: {
      schemas: { Error: schemaOf(errorSchema) },
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } },
    },
  }
}

/** What is outside the methods: for load balancers and Kubernetes. */
const probes = {
  '/health': { id: 'probe_health', summary: 'Answers as long as the master lives', answers: { 200: z.object({ status: z.literal('ok') }) } },
  '/ready': {
    id: 'probe_ready',
    summary: 'Tells whether all programs with autostart are ready',
    answers: {
      200: z.object({ status: z.literal('ready') }),
      503: z.object({
        status: z.enum(['not ready', 'shutting down']),
        not_ready: z.array(z.object({
          process: z.string(),
          state: z.string(),
          reason: z.string().optional().meta({ description: 'Not told to who gives no password, where health_open lets them ask' }),
        })),
      }),
    },
  },
} as const

function probeOperation({ id, summary, answers }: { readonly id: string; readonly summary: string; readonly answers: Readonly<Record<number, z.ZodType>> }): Json {
  const responses = Object.entries(answers).map(([status, schema]) =>
    [status, { description: status === '200' ? 'Yes' : 'No', content: { 'application/json': { schema: schemaOf(schema) } } }])
  return { operationId: id, summary, parameters: [], responses: Object.fromEntries(responses) as Json }
}

const errorSchema = z.object({
  fault: z.string().nullable().meta({ description: 'Name of the fault; null when HTTP itself refused' }),
  code: z.int().nullable().meta({ description: 'Its number in XML-RPC' }),
  message: z.string(),
  detail: z.string().nullable(),
})

function operation(method: MethodName): Json {
  const { summary, verb, path, params, answer } = declarationOf(method)
  const inPath = new Set([...path.matchAll(/:([a-z_]+)/g)].map(match => match[1]))
  const inBody = Object.entries(params).filter(([name]) => verb === 'POST' && !inPath.has(name))
  const elsewhere = Object.entries(params).filter(([name]) => verb !== 'POST' || inPath.has(name))
  return {
    operationId: method,
    summary,
    parameters: elsewhere.map(([name, param]) => ({
      name,
      in: inPath.has(name) ? 'path' : 'query',
      required: param.required === true,
      description: param.doc,
      schema: schemaOf(paramSchema(param)),
    })),
    ...(inBody.length === 0 ? {} : {
      requestBody: {
        required: inBody.some(([, param]) => param.required),
        content: { 'application/json': { schema: schemaOf(z.object(Object.fromEntries(inBody.map(([name, param]) => [name, paramSchema(param)])))) } },
      },
    }),
    responses: {
      200: answer === 'stream'
        ? { description: 'Server-sent events; the data of each is described here', content: { 'text/event-stream': { schema: schemaOf(itemSchema(method)) } } }
        : { description: 'Done', content: { 'application/json': { schema: schemaOf(results[method as CallName]) } } },
      default: { description: 'A fault or a refusal', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  }
}

function itemSchema(method: MethodName): z.ZodType {
  return streamItems[method as keyof typeof streamItems]
}

function schemaOf(schema: z.ZodType): Json {
  const json: Json = { ...z.toJSONSchema(schema, { io: 'input' }) }
  delete json['$schema']
  return json
}
