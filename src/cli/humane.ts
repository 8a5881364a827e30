/** Durations, sizes, times and counts as a person reads them. */
import { timeWords } from '../lib/clock-words.ts'

/** `3s`, `5m 12s`, `2h 3m`, `4d 5h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  if (days > 0) return `${days}d ${hours % 24}h`
  if (hours > 0) return `${hours}h ${minutes % 60}m`
  if (minutes > 0) return `${minutes}m ${seconds % 60}s`
  return `${seconds}s`
}

/** `1 group`, `2 processes`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `812 B`, `43.1 MB`; 1 kB is 1024 bytes, as in the config. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`
}

/** Local time as `2026-11-22 03:48:05`; `never` for 0. */
export function time(epoch: number): string {
  return epoch === 0 ? 'never' : timeWords(epoch)
}
