/** The commands that concern the master and its config, and the shell's own. Data only. */
import type { Command } from './command.ts'

const generic = { missing: 1, refused: 1 } as const

export const masterCommands: readonly Command[] = [
  {
    name: 'reread',
    usage: '',
    summary: 'read the config again and show what an update would change',
    noWords: true,
    down: generic,
    load: () => import('./verbs/reread.ts'),
  },
  {
    name: 'update',
    usage: '[all | group...]',
    summary: 'read the config again and apply what has changed',
    examples: ['nsup update', 'nsup update shop'],
    completes: 'groups',
    down: generic,
    load: () => import('./verbs/update.ts'),
  },
  {
    name: 'add',
    usage: 'group...',
    summary: 'activate groups that are in the config that was last read',
    needs: { sentence: 'add requires a group name', exit: 1 },
    completes: 'groups',
    down: generic,
    load: () => import('./verbs/add.ts'),
  },
  {
    name: 'remove',
    usage: 'group...',
    summary: 'take stopped groups out',
    needs: { sentence: 'remove requires a group name', exit: 1 },
    completes: 'groups',
    down: generic,
    load: () => import('./verbs/remove.ts'),
  },
  {
    name: 'avail',
    usage: '',
    summary: 'show every configured process and whether it is in use',
    noWords: true,
    down: generic,
    load: () => import('./verbs/avail.ts'),
  },
  {
    name: 'reload',
    usage: '',
    summary: 'stop everything, read the config and start again, in the same master',
    noWords: true,
    load: () => import('./verbs/reload.ts'),
  },
  {
    name: 'shutdown',
    usage: '[--keep-workers]',
    summary: 'stop everything and end the master; waits until it is gone',
    options: ['keep-workers'],
    noWords: true,
    down: generic,
    load: () => import('./verbs/shutdown.ts'),
  },
  {
    name: 'version',
    usage: '',
    summary: 'show the version of the running master',
    noWords: true,
    load: () => import('./verbs/version.ts'),
  },
  {
    name: 'open',
    usage: 'URL',
    summary: 'ask another server, by its unix:// or http:// address; the shell stays with it',
    down: generic,
    load: () => import('./verbs/open.ts'),
  },
  {
    name: 'quit',
    aliases: ['exit'],
    usage: '',
    summary: 'leave the shell',
    down: generic,
    load: () => import('./verbs/quit.ts'),
  },
]
