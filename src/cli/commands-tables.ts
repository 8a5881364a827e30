/** The command for shared tables. Data only. */
import type { Command } from './command.ts'

export const tableCommands: readonly Command[] = [
  {
    name: 'table',
    usage: '[name [operation key ...]]',
    summary: 'list the shared tables, show the rows of one, or read and change it',
    details: [
      'Operations: get KEY [COLUMN], set KEY COLUMN=VALUE..., incr KEY [COLUMN] [BY], decr, del KEY, exists KEY, scan [PREFIX], count, clear.',
      'COLUMN may be left out of incr where the table has one column of numbers. --ttl lets the row expire.',
      'Exit code: 0 done, 1 there is no such table or row, or it does not fit, 3 a table is not as the config wants it.',
    ],
    options: ['ttl', 'lines'],
    examples: ['nsup table', 'nsup table counters', 'nsup table counters incr hits', 'nsup table sessions set u1 user=ann --ttl 30m'],
    load: () => import('./verbs/table.ts'),
  },
]
