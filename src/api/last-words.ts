/** Reads what a process wrote before its end: the one line that says why, and the names in it. Pure. */

/** What was found: the line, and what it names. */
export interface Word {
  readonly line: string
  /** A port, a library, a module, a path; empty where the line names none. */
  readonly name: string
}

/** The address that it wanted is taken; `name` is the port, where the line tells it. */
export function addressInUse(lines: readonly string[]): Word | null {
  const word = found(lines, /EADDRINUSE|address (?:is )?already in use/i, line => /[\s\]\w*.:]:(\d{1,5})(?!\d|:\d)/.exec(line.replace(/\b\d\d:\d\d:\d\d\b/g, ''))?.[1])
  if (word?.name !== '') return word
  // Of Node's long stack the line with the port is often cut off; what it shows of the error has it once more, below the code.
  const below = lines.slice(lines.findLastIndex(line => line.includes('EADDRINUSE')) + 1)
  return { ...word, name: below.map(line => /^\s*port: (\d{1,5}),?$/.exec(line)?.[1]).find(Boolean) ?? '' }
}

export function missingLibrary(lines: readonly string[]): Word | null {
  return found(lines, /error while loading shared libraries|Library not loaded/, line => /(?:libraries|loaded): ([^\s:]+)/.exec(line)?.[1])
}

export function missingModule(lines: readonly string[]): Word | null {
  return found(lines, /Cannot find (?:module|package)|No module named|ModuleNotFoundError/, line => /(?:find module|find package|module named) ['"]?([^\s'"]+)/.exec(line)?.[1])
}

/** True if the file that is missing is a word of the command itself, and not something that its program asks for. */
export function isOwnFile(path: string, command: string): boolean {
  return path.startsWith('/') && command.split(/[\s'"]+/).some(word => word !== '' && `/${path}`.endsWith(`/${word.replace(/^(?:\.\/)+/, '')}`))
}

export function phpParseError(lines: readonly string[]): Word | null {
  return found(lines, /Parse error:/, line => /Parse error:\s*(.*)/.exec(line)?.[1])
}

export function permissionDenied(lines: readonly string[]): Word | null {
  return found(lines, /\bEACCES\b|\bEPERM\b|permission denied|operation not permitted/i, line => /(?:'([^']*\/[^']*)'|(\/[^\s:'"]+))/.exec(line)?.slice(1).find(Boolean))
}

export function diskFull(lines: readonly string[]): Word | null {
  return found(lines, /\bENOSPC\b|no space left on device|disk quota exceeded/i, () => '')
}

/** Ports that a command line speaks of, in the order of its words: `--port=8000`, `0.0.0.0:8000`, `8000`. */
export function portsOf(argv: readonly string[]): number[] {
  const ports = argv.slice(1).flatMap(word => /(?:^|[:=])(\d{2,5})$/.exec(word)?.[1] ?? []).map(Number)
  return ports.filter(port => port > 0 && port < 65_536)
}

/** The last line that says it, and a line that names what it is about rather than one that does not. */
function found(lines: readonly string[], pattern: RegExp, nameIn: (line: string) => string | undefined): Word | null {
  const saying = lines.filter(one => pattern.test(one)).reverse()
  const line = saying.find(one => nameIn(one)) ?? saying[0]
  return line === undefined ? null : { line: line.trim().slice(0, lineMax), name: nameIn(line) ?? '' }
}

const lineMax = 300
