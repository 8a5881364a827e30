/**
 * Writes programs at the end of the text of a supervisord.conf and takes one out: every other line stays as it is.
 */
import { writtenOptions } from './by-hand.ts'
import type { ByHandProgram } from './by-hand.ts'
import { readIni } from './ini.ts'

/** The text with these programs behind all else. */
export function addToIni(text: string, programs: readonly ByHandProgram[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const sections = programs.map((program) => {
    const lines = [...writtenOptions(program, 'ini')].map(([key, value]) => `${key}=${typeof value === 'string' ? value.replace(/\n/g, '\n  ') : ''}`)
    return ['', `[program:${program.name}]`, ...lines, ''].join('\n')
  })
  const before = text === '' || text.endsWith('\n') ? text : text + newline
  return before + sections.join('').replaceAll('\n', newline)
}

/** The text without this program. Throws where its options stand in several places. */
export function removeFromIni(text: string, name: string): string {
  const place = sectionPlace(text, name)
  if (place === null) return text
  const lines = linesOf(text)
  // The blank line that stood before it goes as well.
  const start = place.start > 0 && lines[place.start - 1]?.trim() === '' ? place.start - 1 : place.start
  return [...lines.slice(0, start), ...lines.slice(place.end)].join('')
}

/** The lines of a program; `null`: it has none here. */
export function entryInIni(text: string, name: string): string | null {
  const place = sectionPlace(text, name)
  return place === null ? null : linesOf(text).slice(place.start, place.end).join('')
}

function sectionPlace(text: string, name: string): { readonly start: number; readonly end: number } | null {
  const lines = linesOf(text)
  const { sections } = readIni(text, '')
  const section = sections.find((one) => one.kind === 'program' && one.name.trim() === name)
  if (section === undefined) return null
  const start = section.at.line - 1
  const isHeader = (line: string): boolean => /^\s*\[.+\]/.test(line)
  if (lines.filter((line) => isHeader(line) && line.includes(`[${section.title}]`)).length > 1) throw new Error(`its options stand in several places of the file`)
  const next = lines.findIndex((line, index) => index > start && isHeader(line))
  let end = next === -1 ? lines.length : next
  // Comments before the next section belong to that.
  while (end > start + 1 && /^\s*([;#].*)?$/.test((lines[end - 1] ?? '').trimEnd())) end -= 1
  return { start, end }
}

/** With their ends. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
