/** Times as people read them, on the clock of this machine's zone. */

/** `07`. */
export function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `2026-11-22`. */
export function dayWords(date: Date): string {
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** `03:48`. */
export function minuteWords(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

/** `03:48:05`. */
export function secondWords(date: Date): string {
  return `${minuteWords(date)}:${two(date.getSeconds())}`
}

/** `2026-11-22 03:48:05`, of epoch milliseconds. */
export function timeWords(epoch: number): string {
  const date = new Date(epoch)
  return `${dayWords(date)} ${secondWords(date)}`
}
