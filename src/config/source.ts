/** Reads a config file as text and hands it to the reader of its format; whatever is wrong with the file is a problem. */
import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { errorCode } from '../lib/errno.ts'
import { readIni } from './ini.ts'
import { errorAt } from './raw.ts'
import { nestedOptions } from './schema.ts'
import { readYaml } from './yaml.ts'
import type { Format, RawFile } from './raw.ts'

/** The most that a config may hold; beyond it is no config. */
const sizeLimit = 4 * 1024 * 1024

/** The format that a file's name says it has. */
export function formatOf(file: string): Format {
  return ['.yaml', '.yml', '.json'].includes(extname(file).toLowerCase()) ? 'yaml' : 'ini'
}

/** The sections of a file; none, and an error, where it cannot be read. */
export function readSource(file: string): RawFile {
  const read = readText(file)
  if ('message' in read) return { sections: [], problems: [errorAt({ file, line: read.line, column: read.column }, read.message, read.hint)] }
  return sourceOf(read.text, file)
}

/** The sections of a text that is to be in this file. */
export function sourceOf(text: string, file: string): RawFile {
  return formatOf(file) === 'yaml' ? readYaml(text, file, nestedOptions) : readIni(text, file)
}

type Text = { readonly text: string } | { readonly message: string; readonly line: number; readonly column: number; readonly hint?: string }

function readText(file: string): Text {
  const start = { line: 1, column: 1 }
  try {
    const stat = statSync(file)
    if (stat.isDirectory()) return { ...start, message: 'this is a folder, not a config file', hint: 'name the file in it' }
    if (!stat.isFile()) return { ...start, message: 'this is not a regular file' }
    if (stat.size > sizeLimit) {
      return { ...start, message: `the file is ${Math.ceil(stat.size / 1024 / 1024)} MB long, a config may have at most ${sizeLimit / 1024 / 1024} MB` }
    }
    return decode(readFileSync(file))
  } catch (error) {
    const code = errorCode(error)
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'permission denied' : code
    return { ...start, message: `the config cannot be read: ${reason}` }
  }
}

function decode(bytes: Buffer): Text {
  const nul = bytes.indexOf(0)
  if (nul !== -1) return { ...placeOf(bytes, nul), message: 'this is not text: it holds a NUL byte' }
  const text = bytes.toString('utf8')
  const again = Buffer.from(text, 'utf8')
  if (again.equals(bytes)) return { text }
  let at = 0
  while (at < bytes.length && bytes[at] === again[at]) at++
  return { ...placeOf(bytes, at), message: 'this is not UTF-8 text', hint: 'save the file as UTF-8' }
}

function placeOf(bytes: Buffer, at: number): { line: number; column: number } {
  const before = bytes.subarray(0, at).toString('latin1').split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
