/** What the methods about shared tables answer; see results.ts. */
import * as z from 'zod'

const value = z.union([z.number(), z.boolean(), z.string()])
const row = z.record(z.string(), value)
const page = z.object({
  rows: z.array(z.object({ key: z.string(), row, ttl_s: z.number().nullable().meta({ description: 'Seconds until it expires; null: never' }) })),
  cursor: z.int().nullable().meta({ description: 'For the next page; null: this was the last' }),
})

export const tableResults = {
  tables: z.object({
    tables: z.array(z.object({
      name: z.string(),
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.int().nullable().meta({ description: 'null: nobody knows, it cannot be read' }),
      rows_max: z.int(),
      persist: z.boolean(),
      programs: z.array(z.string()).meta({ description: 'Who may use it' }),
      problem: z.string().nullable().meta({ description: 'What is not as the config wants it' }),
    })),
  }),
  rows: page,
  row: z.object({ key: z.string(), row }),
  operate: z.object({ value: z.union([value, row, page, z.null()]) }),
}
