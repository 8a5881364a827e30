/**
 * Completion scripts for bash, zsh and fish, written from the declarations. Live names come from `nsup __names`,
 * so that the scripts never have to be written again when the config changes.
 */
import type { Command } from './command.ts'
import { commonOptions, optionNames, optionRow } from './options.ts'
import type { OptionName } from './options.ts'
import { signalNames } from '../lib/signals.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The script for a shell. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const shown = commands.filter((command) => !command.hidden)
  switch (shell) {
    case 'bash':
      return bash(shown)
    case 'zsh':
      return zsh(shown)
    case 'fish':
      return fish(shown)
  }
}

function spellings(name: OptionName): string[] {
  const { short } = optionRow(name)
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`]
}

function patternOf(names: readonly OptionName[]): string {
  return names.flatMap(spellings).join('|')
}

const valued = optionNames().filter((name) => optionRow(name).value !== undefined)
const files = valued.filter((name) => optionRow(name).complete === 'file')
/** Options that choose the master, handed on to `nsup __names`. */
const choosing: readonly OptionName[] = ['configuration', 'serverurl', 'username', 'password']

function signals(): string[] {
  return signalNames().map((name) => name.slice('SIG'.length))
}

/** What each kind of words is completed with: fixed words, and what `__names` prints. */
export function wordsOf(command: Command, commands: readonly Command[]): { readonly fixed: readonly string[]; readonly live: '' | 'names' | 'groups' } {
  switch (command.completes) {
    case 'names':
      return { fixed: [], live: 'names' }
    case 'groups':
      return { fixed: [], live: 'groups' }
    case 'signal-names':
      return { fixed: signals(), live: 'names' }
    case 'commands':
      return { fixed: commands.map(({ name }) => name), live: '' }
    case 'shells':
      return { fixed: shells, live: '' }
    case 'files': // by the shell's own completion
    case undefined:
  }
  return { fixed: [], live: '' }
}

function callNames(command: Command): string {
  return [command.name, ...(command.aliases ?? [])].join('|')
}

function optionWords(command: Command | undefined): string {
  return [...commonOptions, ...(command?.options ?? [])].flatMap(spellings).join(' ')
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const { fixed, live } = wordsOf(command, commands)
    return `    ${callNames(command)}) options='${optionWords(command)}' fixed='${fixed.join(' ')}' live='${live}' ;;`
  })
  return `# bash completion for nsup; to use it: source <(nsup completion bash)
_nsup() {
  local line=\${COMP_LINE:0:COMP_POINT} command='' options='${optionWords(undefined)}' fixed='' live='' skip='' i word
  local -a words=() server=()
  read -ra words <<< "$line" # split at blanks only: the shell itself would also split group:name
  [[ $line == *[[:space:]] ]] && words+=('')
  local last=$((\${#words[@]} - 1))
  local cur=\${words[last]} prev=\${words[last - 1]}
  for ((i = 1; i < last; i++)); do
    word=\${words[i]}
    if [[ -n $skip ]]; then skip=''; continue; fi
    case $word in
      ${patternOf(choosing)}) server+=("$word" "\${words[i + 1]}"); skip=1 ;;
      ${patternOf(valued.filter((name) => !choosing.includes(name)))}) skip=1 ;;
      -*) ;;
      *) [[ -z $command ]] && command=$word ;;
    esac
  done
  COMPREPLY=()
  case $prev in
    ${patternOf(files)}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    ${patternOf(valued.filter((name) => !files.includes(name)))}) return ;;
  esac
  case $command in
    '') fixed='${commands.map(({ name }) => name).join(' ')}' ;;
${cases.join('\n')}
  esac
  [[ $cur == -* ]] && fixed=$options live=''
  local cut=''
  [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && cut=\${cur%"\${cur##*:}"}
  while IFS= read -r word; do
    [[ -n $word && $word == "$cur"* ]] && COMPREPLY+=("\${word#"$cut"}")
  done < <(printf '%s\\n' $fixed; [[ -n $live ]] && nsup "\${server[@]}" __names "$live" 2>/dev/null)
}
complete -F _nsup nsup`
}

function quoted(text: string): string {
  return text.replaceAll("'", "'\\''")
}

function zsh(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) => `    '${name}:${quoted(summary.replaceAll(':', '\\:'))}'`)
  const cases = commands.map((command) => {
    const { fixed, live } = wordsOf(command, commands)
    return `    ${callNames(command)}) options=(${optionWords(command)}) fixed=(${fixed.join(' ')}) live='${live}' ;;`
  })
  return `#compdef nsup
# zsh completion for nsup; to use it: source <(nsup completion zsh)
_nsup() {
  local command='' live='' skip='' word
  local -a commands options fixed server names
  local -i i
  commands=(
${described.join('\n')}
  )
  options=(${optionWords(undefined)})
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $skip ]]; then skip=''; continue; fi
    case $word in
      ${patternOf(choosing)}) server+=("$word" "\${(Q)words[i + 1]}"); skip=1 ;;
      ${patternOf(valued.filter((name) => !choosing.includes(name)))}) skip=1 ;;
      -*) ;;
      *) [[ -z $command ]] && command=$word ;;
    esac
  done
  case $words[CURRENT - 1] in
    ${patternOf(files)}) _files; return ;;
    ${patternOf(valued.filter((name) => !files.includes(name)))}) return ;;
  esac
  case $command in
${cases.join('\n')}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    compadd -- $options
  elif [[ -z $command ]]; then
    _describe 'command' commands
  else
    [[ -n $live ]] && names=(\${(f)"$(nsup $server __names $live 2>/dev/null)"})
    compadd -- $fixed $names
  fi
}
if [[ $funcstack[1] == _nsup ]]; then _nsup "$@"; else compdef _nsup nsup; fi`
}

function fish(commands: readonly Command[]): string {
  const all = commands.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]).join(' ')
  const lines = [
    '# fish completion for nsup; to use it: nsup completion fish > ~/.config/fish/completions/nsup.fish',
    'function __nsup_names',
    '  set -l tokens (commandline -opc)',
    '  set -l server',
    '  for i in (seq 2 (math (count $tokens) - 1))',
    `    contains -- $tokens[$i] ${choosing.flatMap(spellings).join(' ')}; and set -a server $tokens[$i] $tokens[(math $i + 1)]`,
    '  end',
    '  nsup $server __names $argv[1] 2>/dev/null',
    'end',
    'complete -c nsup -f',
  ]
  const seen = `__fish_seen_subcommand_from ${all}`
  for (const { name, summary } of commands) lines.push(`complete -c nsup -n 'not ${seen}' -a '${name}' -d '${quoted(summary)}'`)
  for (const command of commands) {
    const condition = `__fish_seen_subcommand_from ${callNames(command).replaceAll('|', ' ')}`
    const { fixed, live } = wordsOf(command, commands)
    if (fixed.length > 0) lines.push(`complete -c nsup -n '${condition}' -a '${fixed.join(' ')}'`)
    if (live !== '') lines.push(`complete -c nsup -n '${condition}' -a '(__nsup_names ${live})'`)
    for (const name of command.options ?? []) lines.push(`complete -c nsup -n '${condition}' ${fishOption(name)}`)
  }
  for (const name of commonOptions) lines.push(`complete -c nsup ${fishOption(name)}`)
  return lines.join('\n')
}

function fishOption(name: OptionName): string {
  const row = optionRow(name)
  const short = row.short === undefined ? '' : `-s ${row.short} `
  const value = row.value === undefined ? '' : row.complete === 'file' ? '-r -F ' : '-x '
  return `${short}-l ${name} ${value}-d '${quoted(row.doc)}'`
}
