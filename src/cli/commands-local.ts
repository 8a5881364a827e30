/** The commands that need no master: files, services, help; and those that only programs call. Data only. */
import type { Command } from './command.ts'

const generic = { missing: 1, refused: 1 } as const

export const localCommands: readonly Command[] = [
  {
    name: 'init',
    usage: '[--force]',
    summary: 'write a commented programs.yaml into this folder',
    options: ['force'],
    noWords: true,
    down: generic,
    load: () => import('./verbs/init.ts'),
  },
  {
    name: 'check',
    usage: '',
    summary: 'check the config and show every problem in it',
    details: ['Exit code: 0 good (there may be warnings), 1 a master would refuse it.'],
    examples: ['nsup check', 'nsup check -c programs.yaml --json'],
    noWords: true,
    down: generic,
    load: () => import('./verbs/check.ts'),
  },
  {
    name: 'install-service',
    usage: '[--user NAME] [--print] [--force]',
    summary: 'start the master at boot: write and enable a unit of systemd',
    details: [
      'For root a unit of the system, for others one of their own. The name of the unit is that of the config.',
      'Stopping the service stops the workers; a master that crashes or is killed is replaced, and they run on.',
      '--print shows the unit and changes nothing; that works without systemd too.',
    ],
    options: ['user', 'print', 'force'],
    examples: ['nsup install-service -c /etc/nsup/programs.yaml', 'nsup install-service --user www-data --print'],
    noWords: true,
    down: generic,
    load: () => import('./verbs/install-service.ts'),
  },
  {
    name: 'uninstall-service',
    usage: '[--print]',
    summary: 'take the unit of systemd away again; stops the service',
    options: ['print'],
    noWords: true,
    down: generic,
    load: () => import('./verbs/uninstall-service.ts'),
  },
  {
    name: 'completion',
    usage: 'bash|zsh|fish',
    summary: 'print a completion script for your shell',
    examples: ['source <(nsup completion bash)', 'nsup completion fish > ~/.config/fish/completions/nsup.fish'],
    completes: 'shells',
    down: generic,
    load: () => import('./verbs/completion.ts'),
  },
  {
    name: 'help',
    usage: '[command]',
    summary: 'show this list, or all about one command',
    completes: 'commands',
    down: generic,
    load: () => import('./verbs/help.ts'),
  },
  {
    name: '__shell',
    usage: '',
    summary: 'what runs when no command is given',
    noWords: true,
    hidden: true,
    down: { missing: 4, refused: 4 },
    load: () => import('./verbs/shell.ts'),
  },
  {
    name: '__names',
    usage: 'names|groups',
    summary: 'print live names for the completion scripts; says nothing when no master answers',
    down: generic,
    hidden: true,
    load: () => import('./verbs/names.ts'),
  },
]
