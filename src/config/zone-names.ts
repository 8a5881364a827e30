/**
 * What somebody meant by a time zone that is none: its city without the continent, another sign between the words, an
 * offset, a slip. Hundreds of names are near to any word, so it rather says nothing than something far off.
 */
import { isTimezone } from '../core/schedule.ts'
import { nearest } from '../lib/suggest.ts'

/** Names that the machine knows and does not list. */
const unlisted = [
  'UTC', 'GMT', 'EST5EDT', 'CST6CDT', 'MST7MDT', 'PST8PDT', 'CET', 'EET', 'MET', 'WET',
  ...['Eastern', 'Central', 'Mountain', 'Pacific', 'Arizona', 'Alaska', 'Hawaii'].map((name) => `US/${name}`),
  ...['Atlantic', 'Eastern', 'Central', 'Mountain', 'Pacific'].map((name) => `Canada/${name}`),
  'Asia/Kolkata', 'Asia/Kathmandu', 'Asia/Ho_Chi_Minh', 'Asia/Yangon', 'Europe/Kyiv', 'America/Buenos_Aires', 'America/Indianapolis',
]

/** The hint for a name that is no time zone; `undefined`: there is none to give. */
export function zoneHint(name: string): string | undefined {
  const offset = fixedZone(name)
  if (offset !== undefined) return `for that offset all year write ${offset}`
  const zones = [...new Set([...Intl.supportedValuesOf('timeZone'), ...unlisted])].filter((zone) => zone.includes('/') || isTimezone(zone))
  const found = alike(name, zones)
  return found !== undefined && isTimezone(found) ? `did you mean ${found}?` : undefined
}

/** `UTC+2` as the database has it: with the other sign. */
function fixedZone(text: string): string | undefined {
  const [, sign, hours] = /^(?:UTC|GMT)?\s*([+-])\s*0?(\d{1,2})(?::?00)?$/i.exec(text) ?? []
  const zone = hours === undefined ? '' : `Etc/GMT${sign === '+' ? '-' : '+'}${hours}`
  return zone !== '' && isTimezone(zone) ? zone : undefined
}

function alike(name: string, zones: readonly string[]): string | undefined {
  const [whole, place] = [lettersOf(name), lastOf(name)]
  if (whole.length < 3) return undefined
  const byWhole = groupedBy(zones, lettersOf)
  const byPlace = groupedBy(zones, lastOf)
  const exact = byWhole.get(whole) ?? byPlace.get(place)
  if (exact !== undefined) return shortest(exact)
  for (const [word, grouped] of [[whole, byWhole], [place, byPlace]] as const) {
    const begun = word.length < 4 ? [] : [...grouped].filter(([one]) => one.startsWith(word))
    const [only] = begun
    if (only !== undefined && begun.length === 1) return shortest(only[1])
    const near = nearest(word, grouped.keys(), slipsIn(word))
    if (near !== undefined) return shortest(grouped.get(near) ?? [])
  }
  return undefined
}

/** How many letters may be wrong in a word. */
function slipsIn({ length }: string): number {
  return length < 5 ? 0 : length < 8 ? 1 : 2
}

/** Without what people put between the words. */
function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[\s_./-]/g, '')
}

function lastOf(name: string): string {
  return lettersOf(name.split('/').at(-1) ?? '')
}

function groupedBy(zones: readonly string[], key: (zone: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const zone of zones) groups.set(key(zone), [...(groups.get(key(zone)) ?? []), zone])
  return groups
}

function shortest(zones: readonly string[]): string | undefined {
  return [...zones].sort((a, b) => a.length - b.length)[0]
}
