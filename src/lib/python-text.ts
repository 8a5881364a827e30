/** Bytes as the text of an event: UTF-8, or else the words in which supervisord puts bytes that are no text. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text; what is not UTF-8 becomes `Undecodable: b'...'`. */
export function eventText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return `Undecodable: ${pythonBytes(bytes)}`
  }
}

const named: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' }

/** A bytes literal, as Python prints one. */
function pythonBytes(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'"
  let text = ''
  for (const byte of bytes) {
    if (byte === quote.charCodeAt(0)) text += `\\${quote}`
    else text += named[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)
  }
  return `b${quote}${text}${quote}`
}
