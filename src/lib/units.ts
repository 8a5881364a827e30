/**
 * Reads the small values that people write into configs and command lines: whole numbers, booleans, octal modes,
 * byte sizes, durations. `undefined` means that the text is none; the caller says so in its own words.
 */

const sizeFactors: Readonly<Record<string, number>> = { '': 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }
const durationFactors: Readonly<Record<string, number>> = { ms: 1, '': 1_000, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const booleans: Readonly<Record<string, boolean>> = {
  yes: true, true: true, on: true, 1: true,
  no: false, false: false, off: false, 0: false,
}

/** A whole number with an optional sign; blanks around it are fine. */
export function parseInteger(text: string): number | undefined {
  const word = text.trim()
  if (!/^[+-]?\d+(_\d+)*$/.test(word)) return undefined
  const value = Number(word.replaceAll('_', ''))
  return Number.isSafeInteger(value) ? value + 0 : undefined
}

/** `yes true on 1` or `no false off 0`, in any case. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase()
  return Object.hasOwn(booleans, word) ? booleans[word] : undefined
}

/** A number in base 8: `022`, `22` and `0o22` are the same. */
export function parseOctal(text: string): number | undefined {
  const digits = /^(?:0o_?)?([0-7](?:_?[0-7]){0,9})$/i.exec(text.trim())?.[1]?.replaceAll('_', '')
  return digits === undefined ? undefined : Number.parseInt(digits, 8)
}

/** Bytes: a whole number, alone or with `KB`, `MB` or `GB` (powers of 1024, any case). */
export function parseBytes(text: string): number | undefined {
  const match = /^\s*\+?(\d+(?:_\d+)*)\s*(kb|mb|gb|)\s*$/i.exec(text)
  const factor = sizeFactors[(match?.[2] ?? '').toLowerCase()]
  if (match === null || factor === undefined) return undefined
  const bytes = Number(match[1]?.replaceAll('_', '')) * factor
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Milliseconds: `30s`, `1500ms`, `2m`, `1h`, `1d`; a bare number counts seconds. Fractions are fine. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(ms|s|m|h|d|)\s*$/i.exec(text)
  const factor = durationFactors[(match?.[2] ?? '').toLowerCase()]
  if (match === null || factor === undefined) return undefined
  const milliseconds = Math.round(Number(match[1]) * factor)
  return Number.isSafeInteger(milliseconds) ? milliseconds + 0 : undefined
}

/** Bytes for people: `512 B`, `1.5 KB`, `50 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  for (const unit of ['B', 'KB', 'MB']) {
    if (Math.abs(value) < 1024) return `${shorten(value)} ${unit}`
    value /= 1024
  }
  return `${shorten(value)} GB`
}

function shorten(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}
